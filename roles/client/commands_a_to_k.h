#pragma once

#include <array>

#include "commands.h"
#include "event_help.h"
#include "options.h"

// The commands from `audit` to before `l`; commands.cc puts the two halves together.
namespace kontena::client::rows {

using namespace options;

inline constexpr std::array backup_options{
    Option{"--force", "", "", "replace FILE where it is there already"},
};

inline constexpr std::array a_to_k{
    Command{"audit export", "FILE", "Write the whole audit trail into FILE (- = standard output)",
            "Lines of JSON with the hashes of the chain and the server's signatures: the file can be verified alone.\n"
            "Kept somewhere else, it proves later that nothing was taken away since.",
            "audit export trail.jsonl                   and verify it on the way\n"
            "audit export - | jq -c 'select(.record)'   for a script",
            backup_options, audit_export},
    Command{"audit ls", "", "List who did what, and who was refused",
            "The newest record is the last. Whoever may read the audit of a project only sees that of the project.\n"
            "VERB and RESOURCE may have a * for any characters.",
            "audit ls --limit 20                   the last twenty\n"
            "audit ls --user ann --since 1h        what one user did\n"
            "audit ls --verb 'stack.*' --format jsonl  for a script",
            audit_options, audit_ls},
    Command{"audit verify", "", "Verify the audit trail: names the first record that is not as it was",
            "Each record is held against the chain of hashes, and the chain against what the server's authority has\n"
            "signed. That its end was not cut off shows an earlier export (--against).",
            "audit verify                          the server's\n"
            "audit verify --file trail.jsonl       that of an export\n"
            "audit verify --against trail.jsonl    whether all of the export is still there",
            audit_verify_options, audit_verify},
    Command{"backup", "FILE", "Write all that the server has into FILE, while it runs on (- = standard output)",
            "The file holds every record and the key of the server's authority: who has it can pose as the server\n"
            "and let in nodes. Keep it as safe as the server itself. It is checked as it comes, and appears under its\n"
            "name when it is whole; `kontena server restore FILE` makes a server of it.",
            "backup kontena.backup          of this moment\n"
            "backup - | age -r KEY > FILE   encrypted on the way",
            backup_options, backup},
    Command{"completion",
            "SHELL",
            "Print the completion of a shell: bash",
            "",
            "completion bash > /etc/bash_completion.d/kontena  for all users\n"
            "completion bash > ~/.local/share/bash-completion/completions/kontena  for you",
            {},
            completion},
    Command{"context ls",
            "",
            "List the contexts: the servers that you have logged in to",
            "",
            "context ls     the current one has a *\ncontext ls -q  their names",
            {},
            context_ls},
    Command{"context rm", "CONTEXT...", "Forget contexts", "Changes nothing on the servers.",
            "context rm staging  forget its address and token\ncontext rm -y a b   without being asked",
            confirm_options, context_rm},
    Command{"context use", "CONTEXT", "Make a context the current one", "",
            "context use prod                     work on prod from now on\n"
            "context use prod --grid eu           and there in the grid eu\n"
            "context use prod --project accounts  and in the project accounts",
            context_use_options, context_use},
    Command{
        "deployment abort", "STACK [DEPLOYMENT]", "Stop a deployment where it is: the newest, or the one named",
        "What it has replaced stays replaced, the rest stays as it is; the next deploy goes on.",
        "deployment abort shop               the newest\ndeployment abort -y shop 4be19c0d2a11  the one with this id",
        confirm_options, deployment_abort},
    Command{"deployment ls",
            "STACK",
            "List the deployments of a stack, the newest first",
            "",
            "deployment ls shop     with state and who asked\ndeployment ls -q shop  their ids",
            {},
            deployment_ls},
    Command{"deployment show",
            "STACK [DEPLOYMENT]",
            "Show a deployment of a stack: the newest, or the one named",
            "",
            "deployment show shop               the newest\ndeployment show shop 4be19c0d2a11  the one with this id",
            {},
            deployment_show},
    Command{"deployment wait", "STACK [DEPLOYMENT]", "Wait for the end of a deployment: the newest, or the one named",
            "Exits as `stack deploy` does.",
            "deployment wait shop              follow it as `stack deploy` does\n"
            "deployment wait shop --timeout 1h  for at most an hour",
            progress_options, deployment_wait},
    Command{"events", "", "List what happened and was decided: when, where, and why",
            events_text,
            "events --stack shop                   of one stack\n"
            "events -f --service shop/web          of one service, as it comes\n"
            "events --node n1 --since 1h           of one node, of the last hour\n"
            "events --type node.lost,node.back     of these types\n"
            "events -n 20 --format jsonl           for a script",
            events_options, events},
    Command{"grid create",
            "GRID",
            "Make a grid",
            "The pool is what its nodes and networks have their addresses of; no host should use any of it otherwise.",
            "grid create eu                          a grid without nodes\n"
            "grid create eu --pool 172.24.0.0/14     with addresses of its own\n"
            "token create --grid eu                  a token for nodes to join it",
            grid_create_options,
            grid_create},
    Command{"grid ls",
            "",
            "List the grids",
            "",
            "grid ls         with their nodes and stacks\ngrid ls --json  for a script",
            {},
            grid_ls},
    Command{"grid network rotate-keys", "[GRID]", "Have all nodes make new keys for the network between them",
            "Of the current grid, or the one named. One node after the other takes its new key into use, and\n"
            "connections between containers go on. Private keys never leave their nodes.",
            "grid network rotate-keys           and wait until all nodes use theirs\n"
            "grid network rotate-keys -d eu     of another grid, without waiting\n"
            "grid network rotate-keys --force   although a node is away",
            grid_keys_options, grid_network_rotate_keys},
    Command{"grid rebalance", "", "Move instances to the nodes that have fewer",
            "Each is started on its new node before the old one goes. Only what is healthy, and not bound to its\n"
            "node by a volume or by being declared as pinned, is moved; nothing is moved to and fro.",
            "grid rebalance --plan    what would move\ngrid rebalance --most 5  move no more than five",
            grid_rebalance_options, grid_rebalance},
    Command{"grid rm", "GRID...", "Remove grids", "A grid with nodes or stacks is not removed.",
            "grid rm eu     after a question\ngrid rm -y eu  without being asked", confirm_options, grid_rm},
    Command{"grid set", "[GRID]", "Change the settings of a grid: the current one, or the one named",
            "The pool can change as long as there is no network: nodes take their new addresses at once.",
            "grid set --pool 172.24.0.0/14     where 10.80.0.0/12 is in use by something else\n"
            "grid set --lost-after 10s         for nodes with bad lines\n"
            "grid set --events-kept 30d        keep events for longer\n"
            "grid set --stats-every 30s        fewer samples of what is used\n"
            "grid set --lost-after default eu  as the server is set",
            grid_set_options, grid_set},
    Command{"grid show",
            "[GRID]",
            "Show a grid: the current one, or the one named",
            "",
            "grid show     the current grid\ngrid show eu  another",
            {},
            grid_show},
    Command{"help",
            "[COMMAND]...",
            "Print the help of a command",
            "",
            "help               all commands\nhelp stack         those of a group\nhelp stack deploy  one in full",
            {},
            help},
};

}  // namespace kontena::client::rows
