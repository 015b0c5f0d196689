#include "commands.h"

#include <algorithm>
#include <array>

#include "options.h"

namespace kontena::client {
namespace {

using namespace options;

constexpr std::array backup_options{
    Option{"--force", "", "", "replace FILE where it is there already"},
};

constexpr std::array table{
    Command{"audit ls", "", "List who changed what", "The newest record is the last.",
            "audit ls --limit 20      the last twenty\naudit ls --format jsonl  for a script", audit_options, audit_ls},
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
    Command{"events", "", "List what happened by itself",
            "The newest is the last. What people asked for is in `audit ls`. Of each grid the newest 1,000 are kept;\n"
            "what happens again within a minute is one event, with how many times.\n"
            "Types: network.drift - links, routes or rules of a node were changed by others, and are mended.",
            "events --node n1            of one node\n"
            "events --since 1h           of the last hour\n"
            "events -n 20 --format jsonl  for a script",
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
    Command{
        "login", "", "Remember a server and a token as a context, and use it",
        "The token is read from --token-file, from KONTENA_TOKEN, or asked for without echo.\n"
        "It carries the fingerprint of the server's certificate authority: a server that does not have\n"
        "that one is not spoken to.",
        "login --url https://10.0.0.5:7443                         asks for the token\n"
        "login --url 10.0.0.5 --name prod --token-file admin.token  calls the context prod\n"
        "ssh server cat /var/lib/kontena/admin.token | kontena client login --url 10.0.0.5 --token-file -  over ssh",
        login_options, login},
    Command{"logout",
            "[CONTEXT]",
            "Forget the token of a context: the current one, or the one named",
            "The token itself stays good; see `token rm`.",
            "logout       of the current context\nlogout prod  of another",
            {},
            logout},
    Command{"logs", "[STACK[/SERVICE[-N]]]", "Print what instances have written",
            "Lines are in order of time. With --follow they are printed as they come, until Ctrl-C.",
            "logs shop                  all instances of a stack\n"
            "logs -f shop/web           follow a service\n"
            "logs shop/web-2 --tail 50  the last lines of one instance\n"
            "logs --since 10m --format jsonl  of the whole project, for a script",
            logs_options, logs},
    Command{"network create", "NETWORK", "Make a network that several stacks can use",
            "It is of the project, spans nodes, and stays until `network rm`. A Compose file that uses it has\n"
            "`networks: {front: {external: true, name: NETWORK}}`. Networks of one stack alone need no making.\n"
            "--gateway and --ip-range are of a --subnet that is given.",
            "network create front                         the grid gives its addresses\n"
            "network create front --subnet 172.20.0.0/16  these are wanted\n"
            "network create data --internal               containers on it reach each other only",
            network_create_options, network_create},
    Command{"network ls",
            "",
            "List the networks of the project",
            "FREE is how many more instances find an address.",
            "network ls     with stack, subnet and size\nnetwork ls -q  their names",
            {},
            network_ls},
    Command{"network rm", "NETWORK...", "Remove networks that were made by `network create`",
            "One that a stack uses is not removed. Those that stacks declare go with their stacks.",
            "network rm front     after a question\nnetwork rm -y front  without being asked", confirm_options,
            network_rm},
    Command{"network show",
            "NETWORK",
            "Show a network and who is on it",
            "",
            "network show front         for people\nnetwork show front --json  with all names of each member",
            {},
            network_show},
    Command{"network test", "FROM TO[:PORT]", "Try the way from one instance to another",
            "FROM is STACK/SERVICE-N, or STACK/SERVICE for one of its instances. TO is the same, a name, or an\n"
            "address. Each step is looked at where it happens: the names, networks and rules on the nodes, the\n"
            "handshake between them, and then echoes and a connection from inside FROM's container. It ends with\n"
            "the first thing that is wrong, and what to do.\n"
            "\n"
            "Exits with 0 where all is well, 1 where something is wrong.",
            "network test shop/web shop/db:5432      does web reach the database?\n"
            "network test shop/web-2 db              what it calls `db`, and the way there\n"
            "network test shop/web 10.80.16.70:5432  without a name\n"
            "network test shop/web example.com:443   out of the cluster",
            {}, network_test},
    Command{"node activate",
            "NODE...",
            "Give nodes work again that were paused or drained",
            "What runs elsewhere by now stays there: see `grid rebalance`.",
            "node activate n1     after a repair\nnode activate n1 n2  several",
            {},
            node_activate},
    Command{"node drain",
            "NODE...",
            "Empty nodes: replace what they run elsewhere, start-first",
            "What is bound to its node stays, and is named. `node show` tells what is left.",
            "node drain n1        before a repair\nnode drain n1 --json  with what goes and what stays",
            {},
            node_drain},
    Command{"node label",
            "NODE [KEY=VALUE|KEY-]...",
            "Set labels of a node, or take them off by KEY-",
            "",
            "node label n1 zone=eu-1 disk=ssd  set two\nnode label n1 disk-              take one off",
            {},
            node_label},
    Command{"node ls",
            "",
            "List the nodes of the grid",
            "",
            "node ls     with state, size and labels\nnode ls -q  their names",
            {},
            node_ls},
    Command{"node network",
            "NODE",
            "Show the network of a node as it is right now",
            "Asked of the node's kernel by its agent: its peers with the time of the last handshake and what went to\n"
            "and fro, its networks, what is not as wanted at this moment, and what was mended last.",
            "node network n1         for people\nnode network n1 --json  for a script",
            {},
            node_network},
    Command{"node pause",
            "NODE...",
            "Give nodes no new work; what they run stays",
            "",
            "node pause n1     before a look\nnode activate n1  undoes it",
            {},
            node_pause},
    Command{"node rm", "NODE...", "Remove nodes from the grid",
            "A node that was removed is not let in again: its certificate is revoked. Its agent, if it can hear so,\n"
            "stops and removes the containers and ends. What ran there runs elsewhere. Drain it first.",
            "node rm n3     after a question\nnode rm -y n3  without being asked", node_rm_options, node_rm},
    Command{"node show",
            "NODE",
            "Show a node",
            "",
            "node show n1         for people\nnode show n1 --json  for a script",
            {},
            node_show},
    Command{"project create", "PROJECT", "Make a project: a namespace for stacks and networks",
            "Containers of two projects do not reach each other, and their names are told to nobody of another one.",
            "project create accounts                      make it\n"
            "stack deploy --project accounts -f a.yaml a  and work there",
            {}, project_create},
    Command{"project ls", "", "List the projects of the grid", "",
            "project ls     with their age\nproject ls -q  their names", {}, project_ls},
    Command{"project rm", "PROJECT...", "Remove projects that are empty",
            "One with stacks or networks in it is not removed, nor is `default`.",
            "project rm accounts     after a question\nproject rm -y accounts  without being asked", confirm_options,
            project_rm},
    Command{"ps",
            "[STACK[/SERVICE]]",
            "List instances: what runs where",
            "",
            "ps             all of the project\nps shop        of a stack\nps shop/web    of a service\nps -q shop     "
            "their names",
            {},
            ps},
    Command{"service ls",
            "[STACK]",
            "List services",
            "",
            "service ls       of all stacks\nservice ls shop  of one stack",
            {},
            service_ls},
    Command{"service restart", "STACK/SERVICE...", "Replace the instances of services by new ones, one after the other",
            "",
            "service restart shop/web             and wait until they run\n"
            "service restart shop/web --detach    do not wait",
            change_options, service_restart},
    Command{"service scale", "STACK/SERVICE=N...", "Set how many instances services have",
            "The next `stack deploy` sets what the Compose file says.",
            "service scale shop/web=3              and wait until they run\n"
            "service scale shop/web=3 shop/work=0  several at once",
            change_options, service_scale},
    Command{"service show",
            "STACK/SERVICE",
            "Show a service and its instances",
            "",
            "service show shop/web         for people\nservice show shop/web --json  with its whole spec",
            {},
            service_show},
    Command{"stack build", "[SERVICE]...", "Build the images of a Compose file, all or those of the services named",
            "On the Docker Engine of this machine (DOCKER_HOST=unix:///PATH names another socket). Needs no server.\n"
            "`stack deploy` does the same for what has changed, and brings the images to the nodes.",
            "stack build                  of compose.yaml here\nstack build --no-cache web   each step anew, of one service",
            build_options, stack_build},
    Command{"stack check", "", "Tell what becomes of each key of the Compose file",
            "`run`: as in Compose; `mapped`: in a way that differs; `ignored`: without an effect that anyone would\n"
            "miss; `refused`: `stack deploy` refuses the file for it. Needs no server. Exits with 2 where anything is\n"
            "refused.",
            "stack check                what is not run as it stands comes first\n"
            "stack check -q             only what is refused\n"
            "stack check --format json  every key, with those that are defaults",
            check_options, stack_check},
    Command{"stack config", "", "Print the Compose file as it is understood", "Needs no server.",
            "stack config                 as YAML\nstack config --format json   as JSON\n"
            "stack config -f - < my.yaml  of standard input",
            config_options, stack_config},
    Command{"stack deploy", "[STACK]", "Make a stack what its Compose file says, and wait until it runs",
            "The stack's name is STACK, the file's `name:`, or the folder's name. Services that are not in the\n"
            "file any more are removed, those that did not change are left alone. Variables come from the\n"
            "environment and from .env beside the file. Ctrl-C ends the waiting, not the deploy.\n"
            "\n"
            "What has `build:` is built on the Docker Engine of this machine, where what it is made of has changed;\n"
            "nodes get the image from the server, without a registry.\n"
            "\n"
            "Prints where published ports answer. Exits with 1 where the deploy failed, 5 where a newer one\n"
            "took its place, 8 where it took longer than --timeout, 11 where instances cannot be placed.",
            "stack deploy                      compose.yaml of this folder\n"
            "stack deploy -f web.yaml shop     another file, by another name\n"
            "stack deploy --detach -q          print the deployment's id and go\n"
            "stack deploy --timeout 30m        for large images",
            deploy_options, stack_deploy},
    Command{"stack history",
            "STACK [REVISION]",
            "List the revisions of a stack, or print one with its whole spec",
            "The newest ten are kept.",
            "stack history shop    who changed what\nstack history shop 7  the spec of revision 7, as JSON",
            {},
            stack_history},
    Command{
        "stack ls", "", "List stacks", "", "stack ls     with state and size\nstack ls -q  their names", {}, stack_ls},
    Command{"stack rm", "STACK...", "Remove stacks: their services and instances, not their volumes", "",
            "stack rm shop     after a question\nstack rm -y shop  without being asked, and wait until it is gone",
            stack_rm_options, stack_rm},
    Command{"stack show",
            "STACK",
            "Show a stack: its services, volumes and what is to be noted",
            "",
            "stack show shop         for people\nstack show shop --json  for a script",
            {},
            stack_show},
    Command{"stack start", "STACK...", "Start stacks that were stopped", "",
            "stack start shop           and wait until it runs\nstack start shop --detach  do not wait", change_options,
            stack_start},
    Command{"stack stop", "STACK...", "Stop stacks, and keep what they are", "",
            "stack stop shop           and wait until it stands\nstack stop shop --detach  do not wait", change_options,
            stack_stop},
    Command{"status", "", "Show how the grid is: server, nodes, stacks, and what is wrong", "",
            "status           for people\nstatus --check   exits with 10 where anything is not well\nstatus --json    "
            "for a script",
            status_options, status},
    Command{"token create", "", "Make a token for nodes to join the grid",
            "Prints it on standard output, this once. Treat it as a password.",
            "token create > join.token                 any number of nodes\n"
            "token create --expires 24h --uses 3       for three nodes, today\n"
            "token create --label zone=eu-1 --grid eu  for nodes of a zone",
            token_create_options, token_create},
    Command{"token ls",
            "",
            "List tokens",
            "Their secrets are not kept and cannot be shown.",
            "token ls     with grid, uses and end\ntoken ls -q  their ids",
            {},
            token_ls},
    Command{"token rm", "TOKEN...", "Revoke tokens", "Nodes that have joined with one stay.",
            "token rm 4be19c0d2a11     after a question\ntoken rm -y 4be19c0d2a11  without being asked",
            confirm_options, token_rm},
    Command{"version", "", "Print the versions of client and server", "",
            "version           of both\nversion --client  without asking the server", version_options, version},
};
static_assert(std::ranges::is_sorted(table, {}, &Command::words));
static_assert(std::ranges::all_of(table,
                                  [](const Command& c) {
                                    return !c.help.empty() && std::ranges::count(c.examples, '\n') + 1 >= 2;
                                  }),
              "each command does something, says what, and shows it by two examples");
static_assert(std::ranges::all_of(table, [](const Command& c) {
  return std::ranges::all_of(c.options, [](const Option& o) { return o.name.starts_with("--") && !o.help.empty(); });
}));

}  // namespace

std::span<const Command> commands() { return table; }
std::span<const Option> global_options() { return options::globals; }

const Command* find_command(std::string_view words) {
  const auto found = std::ranges::lower_bound(table, words, {}, &Command::words);
  return found != table.end() && found->words == words ? &*found : nullptr;
}

}  // namespace kontena::client
