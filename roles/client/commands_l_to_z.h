#pragma once

#include <array>

#include "commands.h"
#include "options.h"

// The commands from `l` to the last; commands.cc puts the two halves together.
namespace kontena::client::rows {

using namespace options;

inline constexpr std::array l_to_z{
    Command{
        "login", "", "Log in to a server: as a user, or with a token; and remember it as a context",
        "With --user the account's password is asked for, or read; --invited takes up an invitation, and sets\n"
        "it. With --sso it says where to log in, in whatever browser, and waits. Otherwise a token is read from\n"
        "--token-file, from KONTENA_TOKEN, or asked for. Tokens and invitations carry the fingerprint of the\n"
        "server's certificate authority, and a server that does not have that one is not spoken to; for --user\n"
        "and --sso, --ca-file says which it has to be, or a context of that address.",
        "login --url https://10.0.0.5:7443                         asks for a token\n"
        "login --url 10.0.0.5 --user ann --invited                  asks for the code and a password\n"
        "login --url 10.0.0.5 --user ann --ca-file ca.pem           asks for the password\n"
        "login --sso --url 10.0.0.5 --ca-file ca.pem               by the provider of sso set\n"
        "ssh server cat /var/lib/kontena/admin.token | kontena client login --url 10.0.0.5 --token-file -  over ssh",
        login_options, login},
    Command{"logout",
            "[CONTEXT]",
            "Forget the token of a context: the current one, or the one named",
            "A session ends with it; an access token itself stays good: see `token rm`.",
            "logout       of the current context\nlogout prod  of another",
            {},
            logout},
    Command{"logs", "[STACK[/SERVICE[-N]]]...", "Print what instances have written",
            "Lines are in order of time, and of what is gone as well: they are kept by the server, see\n"
            "`policy show` for how much and how long. With --follow they are printed as they come, until\n"
            "Ctrl-C, also over a restart of the server.",
            "logs shop                  all instances of a stack, also those that were replaced\n"
            "logs -f shop/web           follow a service\n"
            "logs shop/web-2 --tail 50  the last lines of one instance and its predecessors\n"
            "logs shop blog/db --grep error --stream stderr  what has a pattern, of several\n"
            "logs --since 10m --format jsonl  of the whole project, for a script",
            logs_options, logs},
    Command{"network create", "NETWORK", "Make a network that several stacks can use",
            "It is of the project, spans nodes, and stays until `network rm`. A Compose file that uses it has\n"
            "`networks: {front: {external: true, name: NETWORK}}`. Networks of one stack alone need no making.\n"
            "--gateway and --ip-range are of a --subnet that is given, --gateway6 of a --subnet6.",
            "network create front                         the grid gives its addresses\n"
            "network create front --subnet 172.20.0.0/16  these are wanted\n"
            "network create front --ipv6                  with IPv6 addresses besides\n"
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
    Command{"policy set", "[PROJECT]", "Say what stacks of a project may have of their hosts, and how much",
            "Of the current project, or the one named. It counts for the next deploy and the next scaling; what\n"
            "runs is left alone. A project may not have what its grid denies.",
            "policy set shop --allow binds,host-network        ways into the host that it needs\n"
            "policy set shop --quota memory=8g --quota cpus=4  as the sum of its limits\n"
            "policy set --of-grid --deny privileged            for all projects of the grid",
            policy_set_options, policy_set},
    Command{"policy show", "[PROJECT]", "Show what stacks of a project may have of their hosts, and how much",
            "Of the current project, or the one named. Projects other than `default` may have nothing of their\n"
            "hosts before they are allowed to.",
            "policy show shop       what counts for it, what it has\npolicy show --of-grid  what the grid says for all",
            policy_show_options, policy_show},
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
    Command{"project show", "[PROJECT]", "Show a project: its stacks, networks, and who has a role in it", "",
            "project show shop    for people\nproject show --json  the current one, for a script", {}, project_show},
    Command{"ps",
            "[STACK[/SERVICE]]",
            "List instances: what runs where",
            "",
            "ps             all of the project\nps shop        of a stack\nps shop/web    of a service\nps -q shop     "
            "their names",
            {},
            ps},
    Command{"registry login", "REGISTRY", "Give the credentials that nodes pull images of a registry with",
            "Of the current project, or of the whole grid. The registry is asked from here, by TLS, whether it lets\n"
            "the user in. The password is sealed on the server, and sent to nodes that pull images from there.",
            "registry login registry.example:5000 -u ci < password      from standard input\n"
            "registry login docker.io -u ann                            asks for the password\n"
            "registry login r.example -u ci --of-grid --no-check < pw   for all projects; only nodes reach it",
            registry_login_options, registry_login},
    Command{"registry ls", "", "List the credentials of registries", "With those of the grid, which serve its projects too.",
            "registry ls            of the project\nregistry ls --of-grid  of the grid", registry_ls_options, registry_ls},
    Command{"registry rm", "REGISTRY...", "Forget credentials of registries", "Images that nodes have already stay there.",
            "registry rm r.example               after a question\nregistry rm -y --of-grid r.example  of the grid, without being asked",
            registry_rm_options, registry_rm},
    Command{"secret history", "SECRET", "List the versions of a secret",
            "The newest ten are kept, and older ones while anything has them.",
            "secret history db-password         with who set them, and when\nsecret history db-password --json  for a script", {}, secret_history},
    Command{"secret key", "", "Show the master key that secrets are sealed under", "Its id and where it comes from, not the key.",
            "secret key         for people\nsecret key --json  for a script", {}, secret_key},
    Command{"secret ls", "", "List the secrets of the project", "",
            "secret ls     with versions and users\nsecret ls -q  their names", {}, secret_ls},
    Command{"secret reseal", "", "Seal everything under a new master key, while the server works",
            "The old key is of no use afterwards. A crash in the middle leaves all readable: the server goes on\n"
            "with it when it starts, with either key. What was sealed before is in older backups, under the old\n"
            "key.",
            "secret reseal                                a new key in the server's file\n"
            "secret reseal --to passphrase < passphrase   from now on the server is started with it\n"
            "secret reseal --lost                         the key is lost: begin anew, without what it sealed",
            secret_reseal_options, secret_reseal},
    Command{"secret rm", "SECRET...", "Remove secrets, with all their versions", "One that services use is not removed.",
            "secret rm old-token     after a question\nsecret rm -y old-token  without being asked", confirm_options, secret_rm},
    Command{"secret set", "SECRET", "Set a secret: a new one, or another value",
            "The value comes on standard input, from a file, or is asked for. A new value is a new version, and\n"
            "replaces the instances that use it, by their services' update_config. Services name secrets in the\n"
            "Compose file, by 'secrets: {x: {external: true}}' as files or 'x-kontena: {env_secrets: {VARIABLE:\n"
            "SECRET}}' as variables.",
            "printf %s \"$PASSWORD\" | secret set db-password  without a line's end\n"
            "secret set tls-key --file key.pem              from a file\n"
            "secret set db-password --no-roll < new         with the next deploy only",
            secret_set_options, secret_set},
    Command{"secret show", "SECRET", "Show a secret: its newest version, and who uses it", "",
            "secret show db-password                  without the value\n"
            "secret show db-password --reveal         the value\n"
            "secret show db-password --reveal --at 2  of an older version",
            secret_show_options, secret_show},
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
    Command{"sso rm", "", "Let nobody in by the provider any more",
            "Sessions of its people end at once. Their accounts are left, and can be removed by `user rm`, with the\n"
            "access tokens that they made; local accounts are as before.",
            "sso rm     after a question\nsso rm -y  without being asked", confirm_options, sso_rm},
    Command{"sso set", "", "Have people log in by an OpenID Connect provider",
            "With `login --sso`, by the device flow. The server speaks with the provider, which has to know it as a\n"
            "client with that flow's grant; its secret is kept sealed. Who logs in gets an account, which may\n"
            "nothing: roles are given to groups, and who is in which is what the provider says, for as long as the\n"
            "session lasts. So whoever makes groups there gives away what is bound to groups of these names here.\n"
            "Local accounts go on as before, also while the provider is away. What is not said stays as it is, for\n"
            "the same issuer and client.",
            "sso set --issuer https://login.example.org/realm --client-id kontena --client-secret-file -  secret on standard input\n"
            "sso set --groups-claim realm_access.roles --scopes openid,profile,groups                     where the groups are\n"
            "binding create group:ops deployer /default/shop                                give their role",
            sso_set_options, sso_set},
    Command{"sso show", "", "Show the provider that people log in by", "",
            "sso show                without the client's secret\nsso show --format json  for a program", {}, sso_show},
    Command{"stack build", "[SERVICE]...", "Build the images of a Compose file, all or those of the services named",
            "On the Docker Engine of this machine (DOCKER_HOST=unix:///PATH names another socket), without a server;\n"
            "with --on by the engine of a node, which gets from the server what they are built from. Ctrl-C ends\n"
            "the build there, too. `stack deploy` does the same for what has changed, and brings the images to\n"
            "the nodes.",
            "stack build                  of compose.yaml here\nstack build --no-cache web   each step anew, of one service\n"
            "stack build --on n1          by the engine of node n1",
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
            "What has `build:` is built on the Docker Engine of this machine, or with --on on that of a node, where\n"
            "what it is made of has changed; nodes get the image from the server, without a registry.\n"
            "\n"
            "Prints where published ports answer. Exits with 1 where the deploy failed, 5 where a newer one\n"
            "took its place, 8 where it took longer than --timeout, 11 where instances cannot be placed.",
            "stack deploy                      compose.yaml of this folder\n"
            "stack deploy -f web.yaml shop     another file, by another name\n"
            "stack deploy --detach -q          print the deployment's id and go\n"
            "stack deploy --on n1              build by the engine of node n1, not of this machine\n"
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
    Command{"token create", "", "Make a token: for nodes to join the grid, or for programs to act as a user",
            "Prints it on standard output, this once. Treat it as a password. With --access, --for, --scope or\n"
            "--verbs it is an access token, which may never do more than its owner.",
            "token create > join.token                 any number of nodes\n"
            "token create --expires 24h --uses 3       for three nodes, today\n"
            "token create --label zone=eu-1 --grid eu  for nodes of a zone\n"
            "token create --for ci --scope /main/shop --verbs view,deploy --expires 90d  for a program",
            token_create_options, token_create},
    Command{"token ls",
            "",
            "List tokens",
            "Their secrets are not kept and cannot be shown.",
            "token ls     with whom they are for, uses and end\ntoken ls -q  their ids",
            {},
            token_ls},
    Command{"token rm", "TOKEN...", "Revoke tokens", "Nodes that have joined with one stay.",
            "token rm 4be19c0d2a11     after a question\ntoken rm -y 4be19c0d2a11  without being asked",
            confirm_options, token_rm},
    Command{"version", "", "Print the versions of client and server", "",
            "version           of both\nversion --client  without asking the server", version_options, version},
    Command{"why", "INSTANCE|SERVICE|STACK|NODE", "Tell why something is as it is, and what would help",
            "In plain words: why an instance has no node, why it was restarted and what it said last, why it is where\n"
            "it is, why a deploy failed, why a node is not heard. From what the server knows and what was told as\n"
            "events; it asks no node. Ends with the commands that look further.\n"
            "\n"
            "A stack comes before a node of the same name; an instance may be named by its id, too.",
            "why shop/web-2    an instance\n"
            "why shop/web      a service\n"
            "why shop          a stack, and its last deployment\n"
            "why n1            a node\n"
            "why shop -q       its state alone, for a script",
            {}, why},
};

}  // namespace kontena::client::rows
