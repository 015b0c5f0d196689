# Completion of kontena client and ktn for bash. Made by: kontena client completion bash
_kontena_client() {
  local word=${COMP_WORDS[COMP_CWORD]} at=$1 words="alert attach audit backup binding can-i completion context cp deployment events exec forward grid help login logout logs network node policy port-forward project ps registry role secret service session sso stack stats status token top user version webhook whoami why"
  local options="--grid --project --context --url --token-file --format --json --quiet --no-trunc --no-headers --color --timeout --help --version" first=${COMP_WORDS[$1]} second=${COMP_WORDS[$1+1]}
  COMPREPLY=()
  if [[ $word == -* ]]; then
    case "$first $second" in
      'alert ack') options+=" --of-grid" ;;
      'alert create') options+=" --before --for --of-grid --over --pattern --webhook --when" ;;
      'alert ls') options+=" --of-grid" ;;
      'alert rm') options+=" --of-grid --yes" ;;
      'alert silence') options+=" --for --off --of-grid --why" ;;
      'alert test') options+=" --of-grid" ;;
      'attach '*) options+=" --interactive --detach-keys" ;;
      'audit export') options+=" --force" ;;
      'audit ls') options+=" --limit --resource --since --until --user --verb" ;;
      'audit verify') options+=" --against --file" ;;
      'backup '*) options+=" --force" ;;
      'binding ls') options+=" --user --group --scope" ;;
      'binding rm') options+=" --yes" ;;
      'can-i '*) options+=" --as --list" ;;
      'context rm') options+=" --yes" ;;
      'context use') options+=" --grid --project" ;;
      'deployment abort') options+=" --yes" ;;
      'deployment wait') options+=" --progress" ;;
      'events '*) options+=" --follow --node --service --since --stack --tail --type --until" ;;
      'exec '*) options+=" --interactive --tty --user --workdir --env --all" ;;
      'forward create') options+=" --ca-file --header --of-grid --to" ;;
      'forward ls') options+=" --of-grid" ;;
      'forward rm') options+=" --of-grid --yes" ;;
      'grid create') options+=" --pool" ;;
      'grid network') options+=" --force --detach" ;;
      'grid rebalance') options+=" --plan --most" ;;
      'grid rm') options+=" --yes" ;;
      'grid set') options+=" --events-kept --events-most --lost-after --pool --stats-every" ;;
      'login '*) options+=" --user --invited --password-file --name --sso --ca-file" ;;
      'logs '*) options+=" --follow --tail --since --until --grep --stream --node --timestamps --no-prefix" ;;
      'network create') options+=" --subnet --gateway --ip-range --ipv6 --subnet6 --gateway6 --internal --label" ;;
      'network rm') options+=" --yes" ;;
      'node rm') options+=" --yes --force" ;;
      'policy set') options+=" --of-grid --allow --deny --inherit --quota --registries" ;;
      'policy show') options+=" --of-grid" ;;
      'port-forward '*) options+=" --address" ;;
      'project rm') options+=" --yes" ;;
      'registry login') options+=" --of-grid --user --password-file --ca-file --no-check" ;;
      'registry ls') options+=" --of-grid" ;;
      'registry rm') options+=" --of-grid --yes" ;;
      'role create') options+=" --verbs --description" ;;
      'role rm') options+=" --yes" ;;
      'secret reseal') options+=" --to --file --lost --yes" ;;
      'secret rm') options+=" --yes" ;;
      'secret set') options+=" --file --no-roll --detach --progress" ;;
      'secret show') options+=" --reveal --at" ;;
      'service restart') options+=" --detach --progress" ;;
      'service scale') options+=" --detach --progress" ;;
      'session rm') options+=" --yes" ;;
      'sso rm') options+=" --yes" ;;
      'sso set') options+=" --issuer --client-id --client-secret-file --no-client-secret --user-claim --groups-claim --scopes --ca-file --host-authorities --session --unchecked" ;;
      'stack build') options+=" --file --profile --env-file --project-name --project-directory --progress --on --no-cache --pull" ;;
      'stack check') options+=" --file --profile --env-file --project-name --project-directory" ;;
      'stack config') options+=" --file --profile --env-file --project-name --project-directory --format" ;;
      'stack deploy') options+=" --file --profile --env-file --project-directory --detach --progress --build --pack-limit --no-build --on" ;;
      'stack rm') options+=" --yes --detach" ;;
      'stack start') options+=" --detach --progress" ;;
      'stack stop') options+=" --detach --progress" ;;
      'stats '*) options+=" --nodes --since" ;;
      'status '*) options+=" --check" ;;
      'token create') options+=" --expires --uses --label --description --access --for --scope --verbs" ;;
      'token rm') options+=" --yes" ;;
      'top '*) options+=" --nodes --once --sort" ;;
      'user create') options+=" --service --full-name --group" ;;
      'user invite') options+=" --expires" ;;
      'user password') options+=" --password-file" ;;
      'user rm') options+=" --yes" ;;
      'user set') options+=" --full-name --join --leave" ;;
      'version '*) options+=" --client" ;;
      'webhook create') options+=" --ca-file --of-grid --url-file" ;;
      'webhook ls') options+=" --of-grid" ;;
      'webhook rm') options+=" --of-grid --yes" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi
  if ((COMP_CWORD == at + 1)); then
    words=
    case $first in
      alert) words="ack create ls rm silence test" ;;
      audit) words="export ls verify" ;;
      binding) words="create ls rm" ;;
      context) words="ls rm use" ;;
      deployment) words="abort ls show wait" ;;
      forward) words="create ls rm" ;;
      grid) words="create ls network rebalance rm set show" ;;
      network) words="create ls rm show test" ;;
      node) words="activate drain label ls network pause rm show" ;;
      policy) words="set show" ;;
      project) words="create ls rm show" ;;
      registry) words="login ls rm" ;;
      role) words="create ls rm show" ;;
      secret) words="history key ls reseal rm set show" ;;
      service) words="ls restart scale show" ;;
      session) words="ls rm" ;;
      sso) words="rm set show" ;;
      stack) words="build check config deploy history ls rm show start stop" ;;
      token) words="create ls rm rotate" ;;
      user) words="create disable enable invite ls password rm set show" ;;
      webhook) words="create ls rm" ;;
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
