#!/usr/bin/env bash
# The three images of a release as archives, and from archives to a registry.
#   images.sh build TAG FOLDER         FOLDER/pipeline.tar, api.tar, ui.tar, and what is in them
#   images.sh push TAG FOLDER TO       TO:TAG-pipeline, TO:TAG-api, TO:TAG-ui, with the same digests
# BUILD_OPTIONS go to buildah.
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${2:?"expected a tag"}
folder=${3:?"expected a folder"}
read -ra build_options <<<"${BUILD_OPTIONS:-}"

build() {
  mkdir -p "$folder"
  for target in pipeline api ui; do
    name=localhost/energy-release:$tag-$target
    buildah build --format docker --target "$target" --tag "$name" \
      --build-arg VERSION="$tag" --build-arg REVISION="$(git rev-parse HEAD)" "${build_options[@]}" .
    buildah push "$name" "oci-archive:$folder/$target.tar:$tag-$target"
    container=$(buildah from --pull-never "$name")
    buildah run "$container" -- cat /usr/share/sbom/python.cdx.json >"$folder/$target.python.cdx.json"
    buildah run "$container" -- cat /usr/share/sbom/debian.tsv >"$folder/$target.debian.tsv"
    buildah rm "$container" >/dev/null
    buildah rmi --force "$name" >/dev/null
  done
}

push() {
  local to=${1:?"expected a repository"}
  for target in pipeline api ui; do
    local from=oci-archive:$folder/$target.tar there here
    here=$(skopeo inspect --format '{{.Digest}}' "$from")
    # A tag never changes, so that a run which is started again finds what it pushed.
    there=$(skopeo inspect --no-tags --format '{{.Digest}}' "docker://$to:$tag-$target" 2>/dev/null || true)
    if [ "$there" = "$here" ]; then
      echo "$to:$tag-$target is there"
    else
      skopeo copy --preserve-digests "$from" "docker://$to:$tag-$target"
    fi
  done
}

case ${1:-} in
  build) build ;;
  push) push "${4:-}" ;;
  *)
    echo "expected build or push, found ${1:-nothing}" >&2
    exit 2
    ;;
esac
