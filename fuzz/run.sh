#!/usr/bin/env bash
# Runs fuzz targets for a time each and says how many executions each had; exit 1 on a finding, whose input stays in fuzz/artifacts.
#
#     FUZZ_SECONDS=600 FUZZ_JOBS=2 fuzz/run.sh [TARGET…]
#
# The compiler's flags for coverage are unstable: RUSTC_BOOTSTRAP lets the stable compiler take them. `scan` has the one unsafe code
# and runs under the address sanitizer; the others are safe Rust and run faster without.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${FUZZ_SECONDS:-600} jobs=${FUZZ_JOBS:-2}
export RUSTC_BOOTSTRAP=1 PATH="$PWD/../target/tools/bin:$PATH"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list --fuzz-dir .)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

sanitizer() { [ "$1" = scan ] && echo address || echo none; }

fuzz() {
  local target=$1
  mkdir -p "corpus/$target" "artifacts/$target" "seeds/$target"
  nice cargo fuzz run --fuzz-dir . --sanitizer "$(sanitizer "$target")" "$target" "corpus/$target" "seeds/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 >"$logs/$target" 2>&1
}

# All are built before the clock starts.
cargo fuzz build --fuzz-dir . --sanitizer none
for target in "${targets[@]}"; do
  [ "$(sanitizer "$target")" = none ] || cargo fuzz build --fuzz-dir . --sanitizer address "$target"
done
failed=0
printf '%-22s %14s %12s  %s\n' target executions 'a second' result
for ((at = 0; at < ${#targets[@]}; at += jobs)); do
  batch=("${targets[@]:at:jobs}") pids=()
  for target in "${batch[@]}"; do fuzz "$target" & pids+=($!); done
  for n in "${!batch[@]}"; do
    result=clean
    wait "${pids[n]}" || { result="FINDING"; failed=1; }
    log=$logs/${batch[n]}
    stat() { grep -a "stat::$1" "$log" | tail -1 | awk '{print $2}'; }
    printf '%-22s %14s %12s  %s\n' "${batch[n]}" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" "$result"
    [ "$result" = clean ] || tail -n 40 "$log"
  done
done
exit $failed
