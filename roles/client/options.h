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
};
inline constexpr std::array change_options{detach, progress};
inline constexpr std::array build_options{
    file,
    profile,
    env_file,
    project_name,
    project_directory,
    progress,
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
};
inline constexpr std::array grid_keys_options{
    Option{"--force", "", "", "also where nodes are not ready: they are cut off until they hear from the server"},
    detach,
};
inline constexpr std::array events_options{
    Option{"--limit", "-n", "N", "the newest N events (default: 100)"},
    Option{"--node", "", "NODE", "only of this node"},
    Option{"--since", "", "TIME", "only what is newer: 10m, 2h or 2026-11-22T09:00:00Z"},
    Option{"--type", "", "TYPE", "only of this type: network.drift"},
};
inline constexpr std::array grid_rebalance_options{
    Option{"--plan", "", "", "print what would move, and move nothing"},
    Option{"--most", "", "N", "move at most N instances (default: 20)"},
};
inline constexpr std::array grid_create_options{
    Option{"--pool", "", "SUBNET", "of addresses for its nodes and networks (default: 10.80.0.0/12)"},
};
inline constexpr std::array grid_set_options{
    Option{"--lost-after", "", "TIME", "a node silent for so long is lost; `default` = the server's setting"},
    Option{"--pool", "", "SUBNET", "of addresses, while there is no network; `default` = 10.80.0.0/12"},
};
inline constexpr std::array login_options{
    Option{"--name", "", "CONTEXT", "the context's name (default: the server's host)"},
};
inline constexpr std::array logs_options{
    Option{"--follow", "-f", "", "go on with what comes"},
    Option{"--tail", "-n", "N", "only the last N lines of each instance (default: all)"},
    Option{"--since", "", "TIME", "only what is newer: 10m, 2h or 2026-11-22T09:00:00Z"},
    Option{"--timestamps", "-t", "", "put the time before each line"},
    Option{"--no-prefix", "", "", "do not put the instance before each line"},
};
inline constexpr std::array network_create_options{
    Option{"--subnet", "", "CIDR",
           "its addresses, 172.20.0.0/16; free in the whole grid (default: the grid gives one)"},
    Option{"--gateway", "", "IP", "the nodes' own address in the subnet (default: its first)"},
    Option{"--ip-range", "", "CIDR", "the part of the subnet that instances get addresses from (default: all)"},
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
};
inline constexpr std::array version_options{
    Option{"--client", "", "", "do not ask the server"},
};

}  // namespace kontena::client::options
