# What every scene may use. Output goes to the recorder's terminal, not into the capture.

# run COMMAND...: run it and show it, with its status when that is not 0; a scene goes on either way.
run() {
    echo "\$ $*"
    "$@"
    status=$?
    [ "$status" -eq 0 ] || echo "-> $status"
    return 0
}

# fails COMMAND...: the same for a command whose refusal by the kernel is the point.
fails() {
    echo "\$ $*"
    if "$@"; then
        echo "this should have failed: $*"
        exit 1
    fi
}

# listen COMMAND...: start a listener in the background and give it time to join its groups.
# `deaf` ends all of them.
listeners=
listen() {
    "$@" > /dev/null &
    listeners="$listeners $!"
    sleep 0.3
}
deaf() {
    # What was sent last is still on its way to them.
    sleep 0.3
    kill $listeners
    wait $listeners 2> /dev/null
    listeners=
}

# loop TIMES COMMAND: run a line of shell again and again beside all else, $i counts; under strace. `join` waits for all.
# A slow machine does each $at_most times at most.
loops=
loop() {
    times=$1
    [ "$times" -le "${at_most:-$times}" ] || times=$at_most
    traced sh -c "i=0; while [ \$i -lt $times ]; do i=\$((i + 1)); $2; done" > /dev/null 2>&1 &
    loops="$loops $!"
}
join() {
    wait $loops
    loops=
}

# talk TOOL: start one iproute2 program that carries out what `tell COMMAND...` hands it, until `hush`. A program of its
# own for each command would ask for all links each time, and that would be most of the capture. One that ends at a word
# that it does not know is started again.
talk() {
    talking=$1
    mkfifo /run/commands
    exec 3<> /run/commands # both ways, so that nobody waits for the other to open it
    while :; do "$talking" -force -d -s -batch - < /run/commands; done 3>&- &
    talker=$!
}
tell() {
    echo "\$ $talking $*"
    echo "$*" >&3
    sleep 0.05 # what comes next may need what this does
}
hush() {
    sleep 0.3
    kill "$talker"
    exec 3>&- # the end of its commands, so the program ends
    wait "$talker" 2> /dev/null
    sleep 0.2
    rm /run/commands
}

# ask TOOL...: run it and keep what it printed, behind the command, in NAME.tool.txt: what the tool says of the objects
# whose messages are in the capture. tests/iproute2 compares the two.
ask() {
    echo "\$ $*"
    { echo "\$ $*"; "$@"; echo; } >> "$NLSNIFF_SHARE/$scene.tool.txt"
}
