"""What iptables-save would print of a rule, said from what nlsniff decoded of its expressions: text by text the same.

Only what stands in the recording is here. A name of a set is not in a message: the kernel gives its number.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Info = dict[str, Any]

SETS = {0: "addresses", 1: "marks"}
EVERYTHING = 0xFFFFFFFF
TIME_STOP = 0x7FFFFFFF


def rule(body: Info) -> str:
    """A line of iptables-save from the body of an NFT_MSG_NEWRULE, as `nlsniff show --json` has it."""
    words, loaded, protocol, verdict = [f"-A {body['chain']}"], {}, "", ""
    for part in body["expressions"]["elem"]:
        kind, data = part["name"], part.get("data")
        if kind in {"meta", "payload"}:
            loaded = data
        elif kind == "cmp" and ("key" in loaded or loaded["offset"] == 9):
            protocol = {"icmpv6": "ipv6-icmp"}.get(data["data"]["value"], data["data"]["value"])
            words.append(f"-p {protocol}")
        elif kind == "cmp":
            module = f"-m {protocol}"
            word = {0: "sport", 2: "dport"}[loaded["offset"]]
            port = f"{_not(data['op'] == 'neq')}--{word} {data['data']['value']}"
            words += [port] if module in words else [module, port]
        elif kind == "match":
            words.append(
                f"-m {data['name']} {MATCHES[data['name']](data['info'])}".replace(
                    "-m conntrack --state", "-m state --state"
                )
            )
        elif kind == "target":
            verdict = f"-j {data['name']} {TARGETS[data['name']](data['info'])}".rstrip()
        elif kind == "immediate":
            verdict = f"-j {data['data']['verdict']['code'].upper()}"
    return " ".join(filter(None, [*words, verdict]))


def _not(inverted: object) -> str:
    return "! " if inverted else ""


def _span(first: object, last: object, between: str = ":") -> str:
    return f"{first}" if first == last else f"{first}{between}{last}"


def _said(span: Info, most: int, word: str, *, inverted: object) -> str:
    """A range, where it is not all that there is."""
    if (span["min"], span["max"]) == (0, most):
        return ""
    return f"{_not(inverted)}--{word} {_span(span['min'], span['max'])}"


def _all(parts: Iterable[str]) -> str:
    return " ".join(filter(None, parts))


def _names(flags: list[str], order: str) -> str:
    """Names of flags in capitals, in the order in which iptables has them."""
    return ",".join(name.upper() for name in order.split() if name in flags)


def _masked(value: int, mask: int) -> str:
    return f"{value:#x}" if mask == EVERYTHING else f"{value:#x}/{mask:#x}"


def _ports(info: Info) -> list[str]:
    return [
        _said(info["spts"], 65535, "sport", inverted="srcpt" in info["invflags"]),
        _said(info["dpts"], 65535, "dport", inverted="dstpt" in info["invflags"]),
    ]


def _tcp(info: Info) -> str:
    flags = "fin syn rst psh ack urg"
    option = f"--tcp-option {info['option']}" if info["option"] else ""
    mask, wanted = _names(info["flg-mask"], flags), _names(info["flg-cmp"], flags)
    return _all([*_ports(info), option, f"--tcp-flags {mask} {wanted}" if mask else ""])


def _prefix(address: str, mask: str) -> str:
    bits = int(ipaddress.ip_address(mask)).bit_count()
    return f"{address}/{bits}"


def _conntrack(info: Info) -> str:
    given, inverted = info["match-flags"], info["invert-flags"]
    states = "invalid new related established untracked snat dnat"
    protocol = {"tcp": 6, "udp": 17}.get(info["l4proto"])
    said = {
        "state": f"--{'' if 'state-alias' in given else 'ct'}state {_names(info['state-mask'], states)}",
        "proto": f"--ctproto {protocol}",
        "origsrc": f"--ctorigsrc {_prefix(info['origsrc-addr'], info['origsrc-mask'])}",
        "origdst-port": f"--ctorigdstport {_span(info['origdst-port'], info['origdst-port-high'])}",
        "status": f"--ctstatus {_names(info['status-mask'], 'expected seen-reply assured confirmed')}",
        "expires": f"--ctexpire {_span(info['expires-min'], info['expires-max'])}",
    }
    words = [_not(name in inverted) + text for name, text in said.items() if name in given]
    if "direction" in given:
        words.append("--ctdir " + ("REPLY" if "direction" in inverted else "ORIGINAL"))
    return _all(words)


def _multiport(info: Info) -> str:
    ports = ""
    for port, begins in zip(info["ports"], info["pflags"], strict=True):
        ports += f"{port}{':' if begins else ','}"
    word = {"source": "sports", "destination": "dports", "either": "ports"}[info["flags"]]
    return f"{_not(info['invert'])}--{word} {ports.rstrip(',')}"


def _addrtype(info: Info) -> str:
    said = [("source", "src-type"), ("dest", "dst-type")]
    words = [f"--{word} {','.join(info[name]).upper()}" for name, word in said if info[name]]
    return _all([*words, *(f"--{name}" for name in info["flags"] if name.startswith("limit"))])


def _hashlimit(info: Info) -> str:
    cfg, mode = info["cfg"], info["cfg"]["mode"]
    keys = ",".join(name for name in ("srcip", "srcport", "dstip", "dstport") if name in mode)
    return _all([
        f"--hashlimit-{'above' if 'invert' in mode else 'upto'} {1000000 // cfg['avg']}/sec",
        f"--hashlimit-burst {cfg['burst']} --hashlimit-mode {keys} --hashlimit-name {info['name']}",
        f"--hashlimit-srcmask {cfg['srcmask']}" if cfg["srcmask"] != 32 else "",
    ])  # fmt: skip


def _statistic(info: Info) -> str:
    if info["mode"] == "random":
        return f"--mode random --probability {info['u']['probability'] / 0x80000000:.11f}"
    return f"--mode nth --every {info['u']['every'] + 1} --packet {info['u']['packet']}"


def _recent(info: Info) -> str:
    word = {"check": "rcheck"}.get(info["check-set"][0], info["check-set"][0])
    return _all([
        f"--{word}",
        f"--seconds {info['seconds']}" if info["seconds"] else "",
        f"--hitcount {info['hit-count']}" if info["hit-count"] else "",
        f"--name {info['name']} --mask {info['mask']['address']} --{'rdest' if info['side'] else 'rsource'}",
    ])  # fmt: skip


def _set(part: Info) -> str:
    sides = zip(("one-src", "two-src", "three-src"), range(part["dim"]), strict=False)
    return f"{SETS[part['index']]} {','.join('src' if name in part['flags'] else 'dst' for name, _ in sides)}"


def _match_set(info: Info) -> str:
    part = info["match-set"]
    counters = [
        f"--{name}-{info[name]['op']} {info[name]['value']}"
        for name in ("packets", "bytes")
        if info[name]["op"] != "none"
    ]
    update = "! --update-counters" if "skip-counter-update" in info["flags"] else ""
    return _all([f"{_not('invert' in part['flags'])}--match-set {_set(part)}", update, *counters])


def _string(info: Info) -> str:
    pattern = info["pattern"]
    shown = f'--string "{pattern}"' if pattern.isalpha() else f'--hex-string "|{_bytes(pattern).hex()}|"'
    return _all([
        f"{_not('invert' in info['flags'])}{shown} --algo {info['algo']}",
        f"--from {info['from-offset']}" if info["from-offset"] else "",
        f"--to {info['to-offset']}" if info["to-offset"] != 65535 else "",
        "--icase" if "ignorecase" in info["flags"] else "",
    ])  # fmt: skip


def _bytes(text: str) -> bytes:
    """What a text with escaped bytes stands for."""
    return text.encode().decode("unicode_escape").encode("latin-1")


def _owner(info: Info) -> str:
    said = ((name, _span(info[f"{name}-min"], info[f"{name}-max"], "-")) for name in ("uid", "gid"))
    return _all(f"{_not(name in info['invert'])}--{name}-owner {span}" for name, span in said if name in info["match"])


def _iprange(info: Info) -> str:
    said = ((name, f"{info[f'{name}-min']}-{info[f'{name}-max']}") for name in ("src", "dst"))
    inverted = info["flags"]
    return _all(f"{_not(f'{name}-inv' in inverted)}--{name}-range {span}" for name, span in said if name in inverted)


def _physdev(info: Info) -> str:
    words = [f"--physdev-in {info['physindev']}" if "in" in info["bitmask"] else ""]
    return _all([*words, "--physdev-is-bridged" if "bridged" in info["bitmask"] else ""])


def _icmp(info: Info, word: str = "icmp-type") -> str:
    code = "" if info["code"]["max"] == 255 else f"/{info['code']['min']}"
    return f"{_not(info['invflags'])}--{word} {info['type']}{code}"


def _ipv6header(info: Info) -> str:
    names = {"hopopts": "hop-by-hop", "dstopts": "ipv6-opts"}
    headers = ",".join(names[flag] for flag in reversed(info["matchflags"]))
    return _all([f"--header {headers}", "--soft" if info["modeflag"] else ""])


def _connlimit(info: Info) -> str:
    bits = int(ipaddress.ip_address(info["mask"])).bit_count()
    word = "upto" if "invert" in info["flags"] else "above"
    side = "daddr" if "daddr" in info["flags"] else "saddr"
    return f"--connlimit-{word} {info['limit']} --connlimit-mask {bits} --connlimit-{side}"


def _time(info: Info) -> str:
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    chosen = ",".join(name for at, name in enumerate(days, 1) if info["weekdays-match"] >> at & 1)
    stop = "--datestop 2038-01-19T03:14:07" if info["date-stop"] == TIME_STOP else ""
    start, end = clock(info["daytime-start"]), clock(info["daytime-stop"])
    return _all([f"--timestart {start} --timestop {end} --weekdays {chosen}", stop])


def _policy(info: Info) -> str:
    words = [f"--dir {info['flags'][0]} --pol ipsec"]
    for element in info["pol"][: info["len"]]:
        words += [f"--{name} {element[name]}" for name in ("reqid", "proto") if name in element["match"]]
    return _all(words)


def _connbytes(info: Info) -> str:
    count = f"{info['count']['from']}:{info['count']['to']}"
    return f"--connbytes {count} --connbytes-mode {info['what']} --connbytes-dir {info['direction']}"


CODES = {"ldb [k]": 48, "jeq #k": 21, "ret #k": 6}


def _bpf(info: Info) -> str:
    program = info["what"]["program"][: info["bpf-program-num-elem"]]
    lines = [f"{CODES[one['code']]} {one['jt']} {one['jf']} {one['k']}" for one in program]
    return f'--bytecode "{",".join([str(len(lines)), *lines])}"'


def _u32(info: Info) -> str:
    signs = {"and": "&", "leftsh": "<<", "rightsh": ">>", "at": "@"}
    told = []
    for test in info["tests"][: info["ntests"]]:
        where = f"{test['location'][0]['number']:#x}"
        for place in test["location"][1 : test["nnums"]]:
            where += f"{signs[place['nextop']]}{place['number']:#x}"
        spans = [_span(f"{one['min']:#x}", f"{one['max']:#x}") for one in test["value"][: test["nvalues"]]]
        told.append(f"{where}={','.join(spans)}")
    return f'{_not(info["invert"])}--u32 "{"&&".join(told)}"'


def _log(info: Info) -> str:
    levels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
    options = {"tcpseq": "tcp-sequence", "tcpopt": "tcp-options", "ipopt": "ip-options", "uid": "uid"}
    words = [f'--log-prefix "{info["prefix"]}" --log-level {levels.index(info["level"])}']
    return _all([*words, *(f"--log-{options[name]}" for name in info["logflags"])])


def _nat(info: Info, word: str) -> str:
    """Of any of the three structs that say what addresses and ports become."""
    found = info.get("range", info)
    flags = found["flags"]
    first, last = (found.get(f"{end}-ip", found.get(f"{end}-addr")) for end in ("min", "max"))
    ports = [found.get(end, found.get(f"{end}-proto")) for end in ("min", "max")]
    text = _span(first, last, "-") if "map-ips" in flags else ""
    if "proto-specified" in flags:
        text = f"[{text}]" if ":" in text else text
        text = f"{text}{':' if text else ''}{_span(ports[0], ports[1], '-')}"
    if "proto-offset" in flags:
        text += f"/{found['base-proto']}"
    options = {"proto-random": "random", "proto-random-fully": "random-fully", "persistent": "persistent"}
    return _all([f"--{word} {text}" if text else "", *(f"--{options[name]}" for name in flags if name in options)])


def _netmap(info: Info) -> str:
    found = info.get("range", info)
    first, last = (found.get(f"{end}-ip", found.get(f"{end}-addr")) for end in ("min", "max"))
    numbers = [ipaddress.ip_address(first), ipaddress.ip_address(last)]
    return f"--to {next(ipaddress.summarize_address_range(*numbers))}"


def _connmark(info: Info) -> str:
    if info["mode"] == "set":
        return f"--set-xmark {info['ctmark']:#x}/{info['ctmask']:#x}"
    return f"--{info['mode']}-mark --nfmask {info['nfmask']:#x} --ctmask {info['ctmask']:#x}"


def _tproxy(info: Info) -> str:
    mark = f"{info['mark-value']:#x}/{info['mark-mask']:#x}"
    return f"--on-port {info['lport']} --on-ip {info['laddr']} --tproxy-mark {mark}"


def _target_set(info: Info) -> str:
    if info["map-set"]["index"] != 65535:
        return f"--map-set {_set(info['map-set'])} --map-mark"
    exist = "--exist" if "exist" in info["flags"] else ""
    return _all([f"--add-set {_set(info['add-set'])}", exist, f"--timeout {info['timeout']}"])


def _ct(info: Info) -> str:
    events = f"--ctevents {','.join(info['ct-events'])}" if info["ct-events"] else ""
    return _all([
        "--notrack" if "notrack" in info["flags"] else "", events, f"--zone {info['zone']}" if info["zone"] else "",
    ])  # fmt: skip


def _nfqueue(info: Info) -> str:
    last = info["queuenum"] + info["queues-total"] - 1
    return _all([f"--queue-balance {info['queuenum']}:{last}", *(f"--queue-{name}" for name in info["flags"])])


MATCHES: dict[str, Callable[[Info], str]] = {
    "addrtype": _addrtype,
    "ah": lambda info: f"--ahspi {_span(info['spis']['min'], info['spis']['max'])}",
    "bpf": _bpf,
    "comment": lambda info: f'--comment "{info["comment"]}"',
    "connbytes": _connbytes,
    "connlimit": _connlimit,
    "connmark": lambda info: f"{_not(info['invert'])}--mark {_masked(info['mark'], info['mask'])}",
    "conntrack": _conntrack,
    "cpu": lambda info: f"--cpu {info['cpu']}",
    "devgroup": lambda info: f"--src-group {info['src-group']:#x}",
    "dscp": lambda info: f"{_not(info['invert'])}--dscp {info['dscp']:#04x}",
    "dst": lambda info: f"--dst-len {info['hdrlen']}",
    "ecn": lambda info: _all("--ecn-tcp-ece" for name in info["operation"] if name == "match-ece"),
    "esp": lambda info: f"--espspi {_span(info['spis']['min'], info['spis']['max'])}",
    "frag": lambda info: f"--fragid {_span(info['ids']['min'], info['ids']['max'])}",
    "hashlimit": _hashlimit,
    "helper": lambda info: f"--helper {info['name']}",
    "hl": lambda info: f"--hl-{info['mode']} {info['hop-limit']}",
    "icmp": _icmp,
    "icmp6": lambda info: _icmp(info, "icmpv6-type"),
    "iprange": _iprange,
    "ipv6header": _ipv6header,
    "length": lambda info: f"--length {_span(info['min'], info['max'])}",
    "mac": lambda info: f"--mac-source {info['srcaddr']}",
    "multiport": _multiport,
    "owner": _owner,
    "physdev": _physdev,
    "policy": _policy,
    "quota": lambda info: f"--quota {info['quota']}",
    "recent": _recent,
    "rt": lambda info: f"--rt-type {info['rt-type']}",
    "sctp": lambda info: _said(info["dpts"], 65535, "dport", inverted="dest-ports" in info["invflags"]),
    "set": _match_set,
    "socket": lambda info: _all(f"--{name}" for name in info["flags"]),
    "statistic": _statistic,
    "string": _string,
    "tcp": _tcp,
    "tcpmss": lambda info: f"--mss {_span(info['mss-min'], info['mss-max'])}",
    "time": _time,
    "tos": lambda info: f"--tos {info['tos-value']:#04x}/{info['tos-mask']:#04x}",
    "ttl": lambda info: f"--ttl-{info['mode']} {info['ttl']}",
    "u32": _u32,
}  # fmt: skip

TARGETS: dict[str, Callable[[Info], str]] = {
    "CHECKSUM": lambda info: _all(f"--checksum-{name}" for name in info["operation"]),
    "CLASSIFY": lambda info: f"--set-class {info['priority'] >> 16:04x}:{info['priority'] & 0xFFFF:04x}",
    "CONNMARK": _connmark,
    "CT": _ct,
    "DNAT": lambda info: _nat(info, "to-destination"),
    "DSCP": lambda info: f"--set-dscp {info['dscp']:#04x}",
    "HL": lambda info: f"--hl-{info['mode']} {info['hop-limit']}",
    "LOG": _log,
    "MARK": lambda info: f"--set-xmark {info['mark']:#x}/{info['mask']:#x}",
    "MASQUERADE": lambda info: _nat(info, "to-ports"),
    "NETMAP": _netmap,
    "NFQUEUE": _nfqueue,
    "REDIRECT": lambda info: _nat(info, "to-ports"),
    "REJECT": lambda info: f"--reject-with {info['with']}",
    "SET": _target_set,
    "SNAT": lambda info: _nat(info, "to-source"),
    "TCPMSS": lambda info: "--clamp-mss-to-pmtu" if info["mss"] == 65535 else f"--set-mss {info['mss']}",
    "TCPOPTSTRIP": lambda info: f"--strip-options {info['strip-bmap'][0].bit_length() - 1}",
    "TEE": lambda info: f"--gateway {info['gw']}",
    "TOS": lambda info: f"--set-tos {info['tos-value']:#04x}/{info['tos-mask']:#04x}",
    "TPROXY": _tproxy,
    "TTL": lambda info: f"--ttl-{info['mode']} {info['ttl']}",
}
