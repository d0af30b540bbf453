"""Recordings of one script again and again on a real kernel, which have to be equal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests import uml

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
Kind = Literal["quiet", "loaded", "strangers"]
KINDS: tuple[Kind, ...] = ("quiet", "loaded", "strangers")
# What a third are recorded beside: somebody who listens to everything and asks for everything.
STRANGER = "stranger"

# A filter whose module has yet to be loaded is made twice, with news of the first try; and a request that loads one
# takes so long that other news come meanwhile. So modules are loaded before.
_JOB = """
here={here}
modprobe -a cls_u32 sch_htb vxlan xfrm_user esp4
modprobe -a nf_tables nft_ct nft_limit nft_log nft_objref nf_conntrack_bridge
ln -s {python} /run/bin/{stranger}
printf '#!/bin/sh\\nexec sh %s/script.sh\\n' "$here" > /run/bin/script
cat > /run/bin/beside << END
#!/bin/sh
{stranger} "$here/stranger.py" &
stranger=\\$!
sleep 0.3
sh "$here/script.sh"
kill \\$stranger
END
chmod 755 /run/bin/script /run/bin/beside
record() {{ nlsniff record {calm} -w "$NLSNIFF_SHARE/$1.pcapng" -- "$2" || exit 1; }}
for kind in {kinds}; do
    number=$((number + 1))
    case $kind in
    loaded)
        for i in 1 2 3; do (while :; do :; done) & busy="$busy $!"; done
        record "$number-$kind" script
        kill $busy
        busy=
        ;;
    strangers) record "$number-$kind" beside ;;
    *) record "$number-$kind" script ;;
    esac
done
"""


def record(
    folder: Path, kinds: Sequence[Kind], *, calm: bool = True, common: bool = False, timeout: float = 200
) -> list[Path]:
    """Record the script once for each kind, in one guest.

    Args:
        folder: where the captures are left, as `NUMBER-KIND.pcapng`.
        kinds: how; see `KINDS`.
        calm: by `record --calm`.
        common: leave out what kernels do at another time, or otherwise, than older ones.
        timeout: seconds for each.

    Returns:
        The captures in the order of the recording.

    Raises:
        RuntimeError: the guest failed; with what it said.
    """
    python = Path(sys.executable).resolve()  # by its link's name the recorder, and so a rule, knows the stranger
    job = _JOB.format(here=HERE, kinds=" ".join(kinds), calm="--calm" if calm else "", python=python, stranger=STRANGER)
    result = uml.run(job, share=folder, timeout=timeout * len(kinds), env={"COMMON": "1"} if common else {})
    if result.status != 0:
        raise RuntimeError(f"{result.output}\n{result.console}")
    return sorted(folder.glob("*-*.pcapng"), key=lambda path: int(path.name.partition("-")[0]))
