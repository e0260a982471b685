#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/demo ends with pictures from a model trained on the shards it has just built, and a run folder that says so.
set -euo pipefail
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
"$ATELIER_SOURCE/scripts/demo" --headless --project "$project" --steps 6
[[ $(find "$project/runs/demo/pictures" -name '*.png' | wc -l) = 4 ]]
[[ -e $project/datasets/emoji/demo/manifest.json ]]
grep -q '"reason":"completed"' "$project/runs/demo/events.jsonl"
[[ -e $project/runs/demo/current_pipeline/model_index.json ]]
# Once more: names that are taken are not overwritten.
"$ATELIER_SOURCE/scripts/demo" --headless --project "$project" --steps 2
[[ -e $project/runs/demo-2/current_pipeline/model_index.json ]]
