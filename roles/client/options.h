#pragma once

#include <array>

#include "command.h"

// The options of the commands, by command; those of the table in commands.cc.
namespace kontena::client::options {

inline constexpr std::array globals{
    Option{"--grid", "", "NAME", "the grid to work in", "KONTENA_GRID"},
    Option{"--project", "", "NAME", "the project to work in (default: default)", "KONTENA_PROJECT"},
    Option{"--context", "", "NAME", "the context to use; the other variables do not count then", "KONTENA_CONTEXT"},
    Option{"--url", "", "URL", "the server's address, https://HOST:7443", "KONTENA_URL"},
    Option{"--token-file", "", "FILE", "read the access token from FILE (- = standard input)"},
    Option{"--format", "", "FORMAT", "table, json or jsonl (one object a line)"},
    Option{"--json", "", "", "the same as --format json"},
    Option{"--quiet", "-q", "", "print names only"},
    Option{"--no-trunc", "", "", "do not clip tables at the terminal's width"},
    Option{"--no-headers", "", "", "print tables without their first line"},
    Option{"--color", "", "WHEN", "auto, always or never"},
    Option{"--timeout", "", "TIME", "the longest time to wait for an end (default: 10m)", "KONTENA_TIMEOUT"},
    Option{"--help", "-h", "", "print the help of a command"},
    Option{"--version", "", "", "print the client's version"},
};

inline constexpr Option yes{"--yes", "-y", "", "do not ask"};
inline constexpr Option detach{"--detach", "-d", "", "do not wait for the end"};
inline constexpr Option on{"--on", "", "NODE", "build by the engine of this node, not of this machine"};
inline constexpr Option progress{"--progress", "", "HOW", "auto, tty, plain, json or quiet", "KONTENA_PROGRESS"};
// What is read as one Compose project.
inline constexpr Option file{
    .name = "--file",
    .brief = "-f",
    .value = "FILE",
    .help =
        "a Compose file (- = standard input), several are merged; default: compose.yaml, compose.yml, "
        "docker-compose.yml or docker-compose.yaml, here or in a folder above, and its override file",
    .many = true};
inline constexpr Option profile{.name = "--profile",
                                .brief = "",
                                .value = "NAME",
                                .help = "also services of this profile; * is all (default: $COMPOSE_PROFILES)",
                                .many = true};
inline constexpr Option env_file{
    .name = "--env-file",
    .brief = "",
    .value = "FILE",
    .help = "variables for the Compose files, in place of .env (default: $COMPOSE_ENV_FILES)",
    .many = true};
inline constexpr Option project_name{"--project-name", "-p", "NAME", "the name of the Compose project"};
inline constexpr Option project_directory{"--project-directory", "", "FOLDER",
                                          "where relative paths start (default: the first file's folder)"};

inline constexpr std::array audit_options{
    Option{"--limit", "-n", "N", "the newest N records (default: 100)"},
    Option{"--resource", "", "RESOURCE", "only about this: default/default/shop"},
    Option{"--since", "", "TIME", "only what is newer: 10m, 2h or 2026-11-22T09:00:00Z"},
    Option{"--until", "", "TIME", "only what is older"},
    Option{"--user", "", "NAME", "only by this user, or node"},
    Option{"--verb", "", "VERB", "only this: stack.deploy"},
};
inline constexpr std::array audit_verify_options{
    Option{"--against", "", "FILE", "an earlier export: all of it has to be there still"},
    Option{"--file", "", "FILE", "verify an export, and ask no server for it"},
};
inline constexpr std::array change_options{detach, progress};
inline constexpr std::array build_options{
    file,
    profile,
    env_file,
    project_name,
    project_directory,
    progress,
    on,
    Option{"--no-cache", "", "", "do each step anew"},
    Option{"--pull", "", "", "look for newer base images"},
};
inline constexpr std::array check_options{file, profile, env_file, project_name, project_directory};
inline constexpr std::array config_options{
    file, profile, env_file, project_name, project_directory, Option{"--format", "", "FORMAT", "yaml or json"}};
inline constexpr std::array confirm_options{yes};
inline constexpr std::array context_use_options{
    Option{"--grid", "", "NAME", "from now on work in this grid"},
    Option{"--project", "", "NAME", "from now on work in this project"},
};
inline constexpr std::array deploy_options{
    file,
    profile,
    env_file,
    project_directory,
    Option{"--detach", "-d", "", "do not wait for the end; -q prints the deployment's id"},
    progress,
    Option{"--build", "", "", "build images also where nothing has changed"},
    Option{"--pack-limit", "", "MB", "how much of the project's own files may come along, together (default: 64)"},
    Option{"--no-build", "", "", "build no image: take what this machine's engine has"},
    on,
};
inline constexpr std::array grid_keys_options{
    Option{"--force", "", "", "also where nodes are not ready: they are cut off until they hear from the server"},
    detach,
};
inline constexpr std::array events_options{
    Option{"--follow", "-f", "", "print what comes, until Ctrl-C; goes on where it was when the server was away"},
    Option{"--node", "", "NODE", "only of this node"},
    Option{"--service", "", "STACK/SERVICE", "only of this service"},
    Option{"--since", "", "TIME", "only what is newer: 10m, 2h or 2026-11-22T09:00:00Z"},
    Option{"--stack", "", "STACK", "only of this stack of the project"},
    Option{"--tail", "-n", "N", "the newest N events, at most 1000 (default: 100)"},
    Option{"--type", "", "TYPE,…", "only of these types", "", true},
    Option{"--until", "", "TIME", "only what is older"},
};
inline constexpr std::array grid_rebalance_options{
    Option{"--plan", "", "", "print what would move, and move nothing"},
    Option{"--most", "", "N", "move at most N instances (default: 20)"},
};
inline constexpr std::array grid_create_options{
    Option{"--pool", "", "SUBNET", "of addresses for its nodes and networks (default: 10.80.0.0/12)"},
};
inline constexpr std::array grid_set_options{
    Option{"--events-kept", "", "TIME", "events are kept for so long: 7d; `forever` = however old"},
    Option{"--events-most", "", "N", "and so many of them: 100 to 100,000 (default: 10,000)"},
    Option{"--lost-after", "", "TIME", "a node silent for so long is lost; `default` = the server's setting"},
    Option{"--pool", "", "SUBNET", "of addresses, while there is no network; `default` = 10.80.0.0/12"},
    Option{"--stats-every", "", "TIME", "what nodes and instances use is sampled: 5s to 5m; `default` = 10s"},
};
inline constexpr Option of_grid{"--of-grid", "", "", "of the grid, for all its projects"};
inline constexpr std::array policy_set_options{
    of_grid,
    Option{"--allow", "", "LIST", "switches, with commas between; `all`", "", true},
    Option{"--deny", "", "LIST", "likewise", "", true},
    Option{"--inherit", "", "LIST", "say nothing of these here: what is above counts", "", true},
    Option{"--quota", "", "NAME=AMOUNT", "memory=8g, cpus=4, instances=20; NAME=none takes it off", "", true},
    Option{"--registries", "", "LIST", "only images of these: docker.io/library,registry.example:5000; `inherit`"},
};
inline constexpr std::array policy_show_options{of_grid};
inline constexpr std::array registry_login_options{
    of_grid,
    Option{"--user", "-u", "NAME", "as whom (default: asked for)"},
    Option{"--password-file", "", "FILE", "read the password from FILE (default: standard input, or asked for)"},
    Option{"--ca-file", "", "FILE", "trust these authorities in asking the registry (default: this machine's)"},
    Option{"--no-check", "", "", "do not ask the registry whether it lets the user in"},
};
inline constexpr std::array registry_ls_options{of_grid};
inline constexpr std::array registry_rm_options{of_grid, yes};
inline constexpr std::array secret_reseal_options{
    Option{"--to", "", "KIND", "file: the server makes the key; credential, passphrase: it comes from here (default: file)"},
    Option{"--file", "", "FILE", "read the key or passphrase from FILE (default: standard input, or asked for)"},
    Option{"--lost", "", "", "the old key is lost for good: give up what it sealed, and begin anew"},
    yes,
};
inline constexpr std::array secret_set_options{
    Option{"--file", "-f", "FILE", "read the value from FILE (default: standard input, or asked for)"},
    Option{"--no-roll", "", "", "who uses it gets it with its next deploy"},
    detach,
    progress,
};
inline constexpr std::array secret_show_options{
    Option{"--reveal", "", "", "print the value, and nothing else; it is in the audit that you did"},
    Option{"--at", "", "VERSION", "with --reveal: the value of this version"},
};
inline constexpr std::array sso_set_options{
    Option{"--issuer", "", "URL", "the provider, as it names itself; https only"},
    Option{"--client-id", "", "ID", "what the provider calls this server"},
    Option{"--client-secret-file", "", "FILE", "read the client's secret from FILE, or - for standard input"},
    Option{"--no-client-secret", "", "", "the client has none there: it is a public one"},
    Option{"--user-claim", "", "CLAIM", "what accounts are called by (default: preferred_username; email does as well)"},
    Option{"--groups-claim", "", "CLAIM", "what has their groups (default: groups); a.b for one within another"},
    Option{"--scopes", "", "LIST", "what to ask for (default: openid,profile,email)"},
    Option{"--ca-file", "", "FILE", "trust these authorities with it, and no others"},
    Option{"--host-authorities", "", "", "trust those again that the server's host does (the default)"},
    Option{"--session", "", "TIME", "how long a login lasts, 5m to 12h (default: 12h)"},
    Option{"--unchecked", "", "", "do not have the server ask the provider first"},
};
inline constexpr Option password_file{
    "--password-file", "", "FILE", "read it from FILE, or - for standard input (default: that, or asked for)"};
inline constexpr std::array login_options{
    Option{"--user", "-u", "NAME", "as this user, by the account's password"},
    Option{"--invited", "", "", "with --user: by the code of an invitation, and set the password"},
    password_file,
    Option{"--name", "", "CONTEXT", "the context's name (default: the server's host)"},
    Option{"--sso", "", "", "log in at the provider of the server, in a browser"},
    Option{"--ca-file", "", "FILE", "with --sso or --user: the certificate of the server's authority, its ca.pem"},
};
inline constexpr std::array logs_options{
    Option{"--follow", "-f", "", "go on with what comes"},
    Option{"--tail", "-n", "N", "only the last N lines of each instance (default: all)"},
    Option{"--since", "", "TIME", "only what is newer: 10m, 2h or 2026-11-22T09:00:00Z"},
    Option{"--until", "", "TIME", "only what is older"},
    Option{"--grep", "", "REGEX", "only lines with this extended regular expression"},
    Option{"--stream", "", "NAME", "only one of stdout and stderr"},
    Option{"--node", "", "NODE", "only what was written on this node"},
    Option{"--timestamps", "-t", "", "put the time before each line"},
    Option{"--no-prefix", "", "", "do not put the instance before each line"},
};
inline constexpr std::array network_create_options{
    Option{"--subnet", "", "CIDR",
           "its addresses, 172.20.0.0/16; free in the whole grid (default: the grid gives one)"},
    Option{"--gateway", "", "IP", "the nodes' own address in the subnet (default: its first)"},
    Option{"--ip-range", "", "CIDR", "the part of the subnet that instances get addresses from (default: all)"},
    Option{"--ipv6", "", "", "instances have an IPv6 address too"},
    Option{"--subnet6", "", "CIDR", "these addresses, fd3c:91a2:be07:1::/64 (default: the grid gives them)"},
    Option{"--gateway6", "", "IP", "the nodes' own address in that subnet (default: its first)"},
    Option{"--internal", "", "", "no way out of it"},
    Option{"--label", "", "KEY=VALUE", "a label of it", "", true},
};
inline constexpr std::array node_rm_options{
    yes,
    Option{"--force", "", "", "even where it runs instances, or has the data of volumes, which is then given up"},
};
inline constexpr std::array progress_options{progress};
inline constexpr std::array status_options{
    Option{"--check", "", "", "exit with 10 where anything is not well"},
};
inline constexpr std::array stack_rm_options{yes, detach};
inline constexpr std::array token_create_options{
    Option{"--expires", "", "TIME", "let it end after 30m, 24h or 7d (default: never)"},
    Option{"--uses", "", "N", "let N nodes use it (default: any number)"},
    Option{"--label", "", "KEY=VALUE", "label the nodes that join with it", "", true},
    Option{"--description", "", "TEXT", "what it is for"},
    Option{"--access", "", "", "a token for a program to act as you"},
    Option{"--for", "", "USER", "a token to act as this service account"},
    Option{"--scope", "", "SCOPE", "it acts there only: /eu, /eu/shop, /eu/shop/web"},
    Option{"--verbs", "", "LIST", "it does these only, with commas between: view,logs", "", true},
};
inline constexpr std::array binding_ls_options{
    Option{"--user", "", "NAME", "only of this user"},
    Option{"--group", "", "NAME", "only of this group"},
    Option{"--scope", "", "SCOPE", "only at this place and in it: /eu/shop"},
};
inline constexpr std::array can_i_options{
    Option{"--as", "", "USER", "tell it of another user"},
    Option{"--list", "", "", "list all verbs that are allowed there"},
};
inline constexpr std::array role_create_options{
    Option{"--verbs", "", "LIST", "what it allows, with commas between: view,logs", "", true},
    Option{"--description", "", "TEXT", "what it is for"},
};
inline constexpr std::array user_create_options{
    Option{"--service", "", "", "of a program: it has no password, and acts by tokens"},
    Option{"--full-name", "", "TEXT", "for people"},
    Option{"--group", "", "NAME", "a group that it is in", "", true},
};
inline constexpr std::array user_invite_options{
    Option{"--expires", "", "TIME", "how long it is good, 1m to 30d (default: 3d)"},
};
inline constexpr std::array user_password_options{password_file};
inline constexpr std::array user_set_options{
    Option{"--full-name", "", "TEXT", "for people"},
    Option{"--join", "", "GROUP", "put it into a group", "", true},
    Option{"--leave", "", "GROUP", "take it out of a group", "", true},
};
inline constexpr std::array version_options{
    Option{"--client", "", "", "do not ask the server"},
};

}  // namespace kontena::client::options
