# Batches of nf_tables that the kernel refuses in the middle: one rule of 60, three at once, and every kind of refusal,
# beside two programs that change tables of their own and two listeners; all under strace (batches.truth.json).
before() {
    modprobe -aq nf_tables nft_reject nft_quota nft_limit nft_log nft_ct
    # nft knows what it lists; what it does not list, as all of --check, the kernel alone can refuse.
    python - << 'END'
def write(name, *lines):
    with open(f"/tmp/{name}", "w") as file:
        print(*lines, sep="\n", file=file)

base = ["add table bridge office", "add chain bridge office c { type filter hook forward priority 0; }"]
rules = [f"add rule bridge office c ether saddr 02:00:00:00:00:{n:02x} counter accept" for n in range(60)]
write("base", *base, "add set bridge office s { type ipv4_addr; size 4; }",
      "add set bridge office r { type ipv4_addr; flags interval; }", "add chain bridge office a", "add chain bridge office b",
      "add rule bridge office a jump b", "add element bridge office r { 10.0.0.0/8 }")
write("good", *rules)
one = list(rules)
one[36] = "add rule bridge office c ether type ip jump nowhere"
write("one-of-60", *one)
three = list(rules)
three[3] = "add rule bridge office c ether type ip goto away"
three[30] = "create chain bridge office a"
three[55] = "delete rule bridge office c handle 9999"
write("three-of-60", *three)
END
    nft -f /tmp/base
    sleep 1
}

scene() {
    listen traced nft monitor
    listen traced nft -j monitor
    loop 6 'nft "add table bridge other; add chain bridge other c; add rule bridge other c counter drop; create chain bridge other c; add rule bridge other c accept"; nft "add table bridge other; delete table bridge other"'
    loop 6 'nft "add table bridge third; add set bridge third s { type inet_service; elements = { $i, 80 }; }; add element bridge third none { 5 }"; nft list table bridge office'
    try -f /tmp/good
    try -f /tmp/one-of-60
    try -f /tmp/three-of-60
    try add rule bridge office c jump nowhere
    try add rule bridge nowhere c accept
    try create table bridge office
    try create chain bridge office a
    try delete chain bridge office b
    try add rule bridge office b jump a
    try add element bridge office s '{ 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5 }'
    try create element bridge office r '{ 10.0.0.0/8 }'
    try delete element bridge office s '{ 10.9.9.9 }'
    try get element bridge office s '{ 10.9.9.9 }'
    try add rule bridge office c ip saddr @s accept
    try delete set bridge office s
    try delete rule bridge office c handle 4711
    try add rule bridge office c position 4711 accept
    try add chain bridge office d '{ type filter hook forward priority 0; policy drop; }'
    try add chain bridge office c '{ type filter hook input priority 7; }'
    try add chain bridge office e '{ type nat hook forward priority 0; }'
    try add rule bridge office b meta pkttype set host reject with tcp reset
    try add rule bridge office c fib daddr type local accept
    try add table inet elsewhere
    try add quota bridge office q '{ over 1 mbytes; }'
    try add rule bridge office c quota name q drop
    try delete quota bridge office q
    try add flowtable bridge office f '{ hook ingress priority 0; devices = { lo }; }'
    try --check add rule bridge office c counter
    try flush ruleset
    join
    sleep 1
    deaf
}

# try WORD...: nft under strace, whatever comes of it.
try() { run traced nft "$@"; }
