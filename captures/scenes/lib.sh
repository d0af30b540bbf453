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
