#pragma once

#include <array>

#include "commands.h"
#include "options.h"

// The commands that reach into containers.
namespace kontena::client::rows {

inline constexpr std::array attach_options{
    Option{"--interactive", "-i", "", "send standard input, where the service has `stdin_open: true`"},
    Option{"--detach-keys", "", "KEYS", "the keys that leave it running (default: ctrl-p,ctrl-q)"},
};
inline constexpr std::array exec_options{
    Option{"--interactive", "-i", "", "send standard input to it"},
    Option{"--tty", "-t", "", "give it a terminal"},
    Option{"--user", "-u", "USER", "run it as this user, NAME or UID[:GID] (default: the container's)"},
    Option{"--workdir", "-w", "FOLDER", "run it in this folder (default: the container's)"},
    Option{"--env", "-e", "KEY=VALUE", "set a variable; KEY alone takes the value that it has here", "", true},
    Option{"--all", "", "", "in all instances at once, their names before each line"},
};

inline constexpr std::array port_forward_options{
    Option{"--address", "", "IP", "listen on this IPv4 address (default: 127.0.0.1)"},
};

inline constexpr std::array inside{
    Command{"attach", "STACK/SERVICE[-N]", "See what an instance writes from now on, and type to it",
            "Of a service without a number it is the first instance that runs. Ctrl-C leaves it, and it runs on;\n"
            "with -i at a terminal each key goes to the instance, and ctrl-p ctrl-q leaves. Its exit status is that\n"
            "of the container where it ends meanwhile, and 125 where the way to it broke off.",
            "attach shop/worker          see its output\n"
            "attach -i shop/console-2    and type to it",
            attach_options, attach},
    Command{"cp", "FROM TO", "Copy files out of an instance, or into it",
            "One of the two is STACK/SERVICE[-N]:/PATH, the other a path here, or - for an archive (tar) on standard\n"
            "output or input. A folder goes into one that is there, and else gets the new name; FOLDER/. is what is\n"
            "in it. Links are copied as links, modes are kept; owners are not: it is root in a container, and you\n"
            "here. Nothing is written outside of TO, whatever is in the container.",
            "cp shop/web:/etc/nginx/nginx.conf .       a file from the first instance that runs\n"
            "cp ./pages shop/web-2:/srv                a folder into one that is there\n"
            "cp shop/db:/var/lib/data - | tar -tv      as an archive",
            {}, cp},
    Command{"exec", "STACK/SERVICE[-N] COMMAND...", "Run a command in a container that runs",
            "Of a service without a number it is the first instance that runs. What follows -- is the command's own.\n"
            "Its exit status is passed on; 126 and 127 say that it cannot be run, 125 that the way to it failed.\n"
            "Ctrl-C and SIGTERM reach the command; one that nobody waits for any more gets SIGTERM, with a terminal\n"
            "SIGHUP. With --all the worst exit status counts. The audit has who, where, and the program's name.",
            "exec shop/web -- ls -l /srv           one command\n"
            "exec -it shop/web-2 -- sh             a shell in the second instance\n"
            "exec -i shop/db -- psql < dump.sql    standard input from a file\n"
            "exec --all shop/web -- uptime         everywhere at once",
            exec_options, exec},
    Command{"port-forward", "STACK/SERVICE[-N] [LOCAL:]PORT...", "Have ports here lead to an instance's",
            "TCP, by way of the server and the node's agent; also to what listens on the container's 127.0.0.1 alone.\n"
            "Ports here are on 127.0.0.1 unless --address says otherwise. Until Ctrl-C; at most 100 connections.",
            "port-forward shop/db 5432               port 5432 here is that of the database\n"
            "port-forward shop/web-2 8080:80 0:9100  two ports, the second at any free one",
            port_forward_options, port_forward},
};

}  // namespace kontena::client::rows
