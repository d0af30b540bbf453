# A set of 30,000 addresses, a map of ranges and a set whose elements time out: filled, listed, asked for one, emptied;
# `nft monitor` hears of all.
before() {
    modprobe -q nf_tables
    nft add table bridge large
    python - << 'END'
from random import Random

chance = Random(15)
addresses = sorted(chance.sample(range(0x0A000000, 0x0B000000), 30000))
dotted = lambda number: ".".join(map(str, number.to_bytes(4, "big")))
ports = sorted(chance.sample(range(1024, 65000), 1200))
with open("/tmp/large.nft", "w") as file:
    print("add set bridge large blocked { type ipv4_addr; size 40000; }", file=file)
    print("add map bridge large ports { type inet_service : verdict; flags interval; }", file=file)
    print("add set bridge large guests { type ether_addr; flags timeout; timeout 1h; }", file=file)
    print("add element bridge large blocked {", ", ".join(map(dotted, addresses)), "}", file=file)
    pairs = zip(ports[::2], ports[1::2])
    print("add element bridge large ports {", ", ".join(f"{a}-{b} : drop" for a, b in pairs), "}", file=file)
    cards = [f"02:00:00:00:{n >> 8:02x}:{n & 255:02x} timeout {n % 3000 + 60}s" for n in range(2000)]
    print("add element bridge large guests {", ", ".join(cards), "}", file=file)
with open("/tmp/one", "w") as file:
    print(dotted(addresses[12345]), file=file)
END
    sleep 1
}

scene() {
    listen nft monitor
    run nft -f /tmp/large.nft
    run nft get element bridge large blocked "{ $(cat /tmp/one) }"
    run nft get element bridge large blocked '{ 9.9.9.9 }'
    nft list set bridge large blocked | wc -l
    nft list ruleset | wc -l
    run nft delete element bridge large blocked "{ $(cat /tmp/one) }"
    run nft flush set bridge large blocked
    run nft delete table bridge large
    sleep 1
    deaf
}
