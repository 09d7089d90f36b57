# shellcheck shell=bash
# Numbered steps with progress, stamps and readable failures. Sourced by scripts/bootstrap.
# A stamp is the hash of a step's inputs, kept in .switchyard/stamps.

readonly STAMPS=.switchyard/stamps
readonly STEP_LOG=.switchyard/bootstrap.log
STEP=0
mkdir -p "$STAMPS"

# Of two calls of make in one checkout the second waits for the first.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  exec 9>"$STAMPS/.lock"
  flock -n 9 && return
  echo "waiting for another bootstrap of this checkout to end …"
  flock 9
}

# step TITLE FUNCTION: runs the function. A step shows itself once it has something to do.
step() {
  STEP=$((STEP + 1)) TITLE=$1 SHOWN=false STEP_STARTED=$SECONDS
  "$2"
}

show() {
  if ! $SHOWN; then printf '[%d/%d] %-32s' "$STEP" "$TOTAL" "$TITLE"; fi
  SHOWN=true
}

note() { show; printf '%s … ' "$1"; }
done_now() { show; echo "done in $((SECONDS - STEP_STARTED)) s"; }

# fail LINE…: the first line is what is wrong, the others what to do.
fail() {
  printf '\n\n%s\n' "Cannot go on: $1" >&2
  shift
  [ $# = 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}

# Runs a command with its output in the step's log, and shows the end of it on failure.
quietly() {
  show
  if "$@" </dev/null >"$STEP_LOG" 2>&1 9>&-; then return; fi
  fail "this command failed: $*" "(all of its output: $STEP_LOG)" "$(tail -n 15 "$STEP_LOG")"
}

# The checkout's path belongs to the hash: environments do not survive a move.
inputs_hash() { { pwd && cat "$@"; } | sha256sum | cut -d' ' -f1; }

# unchanged NAME FILE…: true when the files are as they were when NAME was last remembered.
unchanged() {
  local name=$1
  shift
  [ "$(cat "$STAMPS/$name" 2>/dev/null)" = "$(inputs_hash "$@")" ]
}

remember() {
  local name=$1
  shift
  inputs_hash "$@" >"$STAMPS/$name"
}
