"""Write /tmp/docker, /tmp/kube, /tmp/change, /tmp/refused: rules in the shape that Docker and kube-proxy give them."""

from hashlib import sha256
from pathlib import Path

SERVICES, ENDS = 220, 3
PODS = "10.244.0.0/16"
ROOM = Path("/tmp")  # noqa: S108 - of a guest


def mark(*parts: object) -> str:
    """A service's or end point's name as kube-proxy hashes it: 16 characters."""
    return sha256("/".join(map(str, parts)).encode()).hexdigest()[:16].upper()


def docker() -> list[str]:
    """The commands of a Docker that starts with one network and two published ports."""
    return [
        "-t nat -N DOCKER",
        "-N DOCKER",
        "-N DOCKER-ISOLATION-STAGE-1",
        "-N DOCKER-ISOLATION-STAGE-2",
        "-N DOCKER-USER",
        "-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
        "-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
        "-A DOCKER-USER -j RETURN",
        "-t nat -I POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
        "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        "-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER ! --dst 127.0.0.0/8",
        "-I FORWARD -j DOCKER-ISOLATION-STAGE-1",
        "-I FORWARD -j DOCKER-USER",
        "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -o docker0 -j DOCKER",
        "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
        "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
        "-I DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
        "-I DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
        "-t nat -A DOCKER -i docker0 -j RETURN",
        "-t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-t nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
        "-t nat -A DOCKER ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.3:53",
        "-A DOCKER -d 172.17.0.3/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT",
        "-P FORWARD DROP",
    ]


def service(number: int, ends: int) -> tuple[list[str], list[str]]:
    """The chains and rules of one service: a cluster address, a node port for each tenth, ends that share the load."""
    name = f"default/app-{number}:http"
    svc = f"KUBE-SVC-{mark(name)}"
    address = f"10.96.{number >> 8}.{number & 255}"
    chains = [f":{svc} - [0:0]"]
    rules = [
        f'-A KUBE-SERVICES -m comment --comment "{name} cluster IP" -m tcp -p tcp -d {address} --dport 80 -j {svc}',
        f'-A {svc} -m comment --comment "{name} cluster" -p tcp -d {address} --dport 80 ! -s {PODS} -j KUBE-MARK-MASQ',
    ]
    if number % 10 == 0:
        ext = f"KUBE-EXT-{mark(name)}"
        chains.append(f":{ext} - [0:0]")
        rules += [
            f"-A KUBE-NODEPORTS -m comment --comment {name} -m tcp -p tcp --dport {30000 + number} -j {ext}",
            f'-A {ext} -m comment --comment "masquerade traffic for {name} external destinations" -j KUBE-MARK-MASQ',
            f"-A {ext} -j {svc}",
        ]
    for end in range(ends):
        sep = f"KUBE-SEP-{mark(name, end)}"
        pod = f"10.244.{number % 8}.{(number * ENDS + end) % 250 + 2}"
        left = ends - end
        share = f"-m statistic --mode random --probability {1 / left:.10f} " if left > 1 else ""
        chains.append(f":{sep} - [0:0]")
        rules += [
            f'-A {svc} -m comment --comment "{name} -> {pod}:8080" {share}-j {sep}',
            f"-A {sep} -m comment --comment {name} -s {pod} -j KUBE-MARK-MASQ",
            f"-A {sep} -m comment --comment {name} -m tcp -p tcp -j DNAT --to-destination {pod}:8080",
        ]
    return chains, rules


def kube() -> str:
    """All of it, as kube-proxy restores it when it starts."""
    chains = [f":{name} - [0:0]" for name in ("KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ")]
    rules = [
        "-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000",
        "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
        "-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000",
        '-A KUBE-POSTROUTING -m comment --comment "service traffic requiring SNAT" -j MASQUERADE --random-fully',
        '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    ]
    for number in range(1, SERVICES + 1):
        more = service(number, ENDS)
        chains += more[0]
        rules += more[1]
    rules.append(
        '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this'
        ' chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    )
    filters = [
        "*filter", ":KUBE-FORWARD - [0:0]", ":KUBE-FIREWALL - [0:0]", ":KUBE-SERVICES - [0:0]",
        "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
        '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
        "-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
        '-A KUBE-SERVICES -m comment --comment "x/none has no endpoints" -p tcp -d 10.96.9.9 --dport 80 -j REJECT',
        "COMMIT",
    ]  # fmt: skip
    return "\n".join([*filters, "*nat", *chains, *rules, "COMMIT", ""])


def change() -> str:
    """One service has lost an end: its chains are written again, one chain goes."""
    chains, rules = service(7, ENDS - 1)
    gone = f"KUBE-SEP-{mark('default/app-7:http', ENDS - 1)}"
    own = [rule for rule in rules if not rule.startswith("-A KUBE-SERVICES")]
    return "\n".join(["*nat", *chains, f":{gone} - [0:0]", *own, f"-X {gone}", "COMMIT", ""])


(ROOM / "docker").write_text("\n".join(docker()) + "\n")
(ROOM / "kube").write_text(kube())
(ROOM / "change").write_text(change())
(ROOM / "refused").write_text("*nat\n-A KUBE-SERVICES -j KUBE-NODEPORTS\n-A KUBE-NODEPORTS -j NOWHERE\nCOMMIT\n")
