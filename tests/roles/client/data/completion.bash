# Completion of kontena client and ktn for bash. Made by: kontena client completion bash
_kontena_client() {
  local word=${COMP_WORDS[COMP_CWORD]} at=$1 words="audit backup completion context deployment events grid help login logout logs network node project ps service stack status token version"
  local options="--grid --project --context --url --token-file --format --json --quiet --no-trunc --no-headers --color --timeout --help --version" first=${COMP_WORDS[$1]} second=${COMP_WORDS[$1+1]}
  COMPREPLY=()
  if [[ $word == -* ]]; then
    case "$first $second" in
      'audit ls') options+=" --limit" ;;
      'backup '*) options+=" --force" ;;
      'context rm') options+=" --yes" ;;
      'context use') options+=" --grid --project" ;;
      'deployment abort') options+=" --yes" ;;
      'deployment wait') options+=" --progress" ;;
      'events '*) options+=" --limit --node --since --type" ;;
      'grid create') options+=" --pool" ;;
      'grid network') options+=" --force --detach" ;;
      'grid rebalance') options+=" --plan --most" ;;
      'grid rm') options+=" --yes" ;;
      'grid set') options+=" --lost-after --pool" ;;
      'login '*) options+=" --name" ;;
      'logs '*) options+=" --follow --tail --since --timestamps --no-prefix" ;;
      'network create') options+=" --subnet --gateway --ip-range --internal --label" ;;
      'network rm') options+=" --yes" ;;
      'node rm') options+=" --yes --force" ;;
      'project rm') options+=" --yes" ;;
      'service restart') options+=" --detach --progress" ;;
      'service scale') options+=" --detach --progress" ;;
      'stack build') options+=" --file --profile --env-file --project-name --project-directory --progress --no-cache --pull" ;;
      'stack check') options+=" --file --profile --env-file --project-name --project-directory" ;;
      'stack config') options+=" --file --profile --env-file --project-name --project-directory --format" ;;
      'stack deploy') options+=" --file --profile --env-file --project-directory --detach --progress --build --pack-limit --no-build" ;;
      'stack rm') options+=" --yes --detach" ;;
      'stack start') options+=" --detach --progress" ;;
      'stack stop') options+=" --detach --progress" ;;
      'status '*) options+=" --check" ;;
      'token create') options+=" --expires --uses --label --description" ;;
      'token rm') options+=" --yes" ;;
      'version '*) options+=" --client" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi
  if ((COMP_CWORD == at + 1)); then
    words=
    case $first in
      audit) words="ls" ;;
      context) words="ls rm use" ;;
      deployment) words="abort ls show wait" ;;
      grid) words="create ls network rebalance rm set show" ;;
      network) words="create ls rm show test" ;;
      node) words="activate drain label ls network pause rm show" ;;
      project) words="create ls rm" ;;
      service) words="ls restart scale show" ;;
      stack) words="build check config deploy history ls rm show start stop" ;;
      token) words="create ls rm" ;;
    esac
  elif ((COMP_CWORD != at)); then
    COMPREPLY=()
    compopt -o default 2>/dev/null
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
_ktn() { _kontena_client 1; }
_kontena() {
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "server agent client" -- "${COMP_WORDS[1]}")
  elif [[ ${COMP_WORDS[1]} == client ]]; then
    _kontena_client 2
  fi
}
complete -F _ktn ktn
complete -F _kontena kontena
