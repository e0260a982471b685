#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Behaves on its command line as the engine does, for tests of the studio. `train DIR …` notes its words beside the
# folder and writes the first event; `sample` makes pictures step by step (slowly for "slow") or refuses ("broken").
verb=$1; shift
case "$verb" in
--version) echo "atelier-engine VERSION" ;;
train)
  printf '%s\n' "$@" > "$1.words"
  newest=$(ls "$1/checkpoints" | sort | tail -n 1)
  printf '{"v":1,"t":%s,"type":"run_started","engine":"fake","config_hash":"00","host":"%s","pid":%s,"device":"cpu (2 threads)","world_size":1,"resumed_from":"checkpoints/%s","resumed_step":%s}\n' \
    "$(date +%s)" "$(hostname)" $$ "$newest" "$((10#${newest#step-}))" >> "$1/events.jsonl"
  printf '{"v":1,"t":%s,"type":"run_finished","reason":"stopped","step":1,"images":1}\n' "$(date +%s)" >> "$1/events.jsonl" ;;
sample)
  prompts=()
  while [ $# -gt 0 ]; do
    case "$1" in
    --out) out=$2; shift ;;
    --prompt=*) prompts+=("${1#--prompt=}") ;;
    --negative=*) negative=${1#--negative=} ;;
    esac
    shift
  done
  if [ "${prompts[0]}" = broken ]; then
    echo '{"error":{"code":"model","what":"the file ends early","where":"unet/weights.safetensors","hint":"Use an older checkpoint."}}' >&2
    exit 3
  fi
  mkdir -p "$out"
  for step in 1 2 3 4; do
    echo "{\"done\":$step,\"total\":4}"
    if [ "${prompts[0]}" = slow ]; then sleep 20; fi
  done
  list=
  for i in "${!prompts[@]}"; do
    cp "PICTURE" "$out/000$i.png"
    list+="${list:+,}{\"file\":\"000$i.png\",\"prompt\":\"${prompts[$i]}\",\"negative_prompt\":\"$negative\",\"seed\":7,\"steps\":4,\"sampler\":\"ddim\",\"guidance\":7.5}"
  done
  echo "{\"samples\":[$list]}" > "$out/samples.json"
  echo "{\"out\":\"$out\",\"count\":${#prompts[@]}}" ;;
esac
