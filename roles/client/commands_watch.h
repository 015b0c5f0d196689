#pragma once

#include <array>

#include "commands.h"
#include "options.h"

// The commands of what tells people by itself; commands.cc puts them with the others.
namespace kontena::client {

Result<int> forward_create(Session&);  // commands/forward.cc
Result<int> forward_ls(Session&);
Result<int> forward_rm(Session&);
Result<int> stats(Session&);  // commands/stats.cc
Result<int> top(Session&);

namespace rows {

using namespace options;

inline constexpr Option itself{"--of-grid", "", "", "of the grid itself: about its nodes"};
inline constexpr std::array alert_options{itself};
inline constexpr std::array alert_create_options{
    Option{"--before", "", "TIME", "of a certificate: this long before its end (default: 7d)"},
    Option{"--for", "", "TIME", "it must be so for this long before anyone is told; of a log: lines are counted over it"},
    itself,
    Option{"--over", "", "LIMIT", "80% of the CPU, memory or disk; of a log: this many lines, or more"},
    Option{"--pattern", "", "RE", "of a log: a regular expression, as grep -E takes it"},
    Option{"--webhook", "", "NAME", "tell only these webhooks (default: all of the project, or of the grid)", "", true},
    Option{"--when", "", "WHAT", "what it watches for; see above"},
};
inline constexpr std::array alert_rm_options{itself, yes};
inline constexpr std::array alert_silence_options{
    Option{"--for", "", "TIME", "tell nobody for this long: 2h"},
    Option{"--off", "", "", "tell again"},
    itself,
    Option{"--why", "", "TEXT", "for the others who wonder"},
};
inline constexpr std::array forward_options{
    Option{"--of-grid", "", "", "of the grid itself: the logs of all its projects"},
};
inline constexpr std::array forward_create_options{
    Option{"--ca-file", "", "FILE", "trust these authorities (default: those of the nodes' hosts)"},
    Option{.name = "--header", .brief = "", .value = "NAME=@FILE", .help = "send this header with them, its value from a file (- = standard input)", .many = true},
    Option{"--of-grid", "", "", "of the grid itself: the logs of all its projects"},
    Option{"--to", "", "URL", "where to; see above"},
};
inline constexpr std::array forward_rm_options{
    Option{"--of-grid", "", "", "of the grid itself: the logs of all its projects"},
    yes,
};
inline constexpr std::array stats_options{
    Option{"--nodes", "", "", "of the nodes instead: all, or those that are named"},
    Option{"--since", "", "TIME", "how far back the curve goes (default: 10m; at most 93d)"},
};
inline constexpr std::array top_options{
    Option{"--nodes", "", "", "the nodes instead"},
    Option{"--once", "", "", "print it once, and end"},
    Option{"--sort", "", "WHAT", "cpu, disk, memory, net, pids or restarts (default: cpu)"},
};
inline constexpr std::array webhook_create_options{
    Option{"--ca-file", "", "FILE", "trust these authorities (default: those of the server's host)"},
    itself,
    Option{"--url-file", "", "FILE", "the URL (- = standard input)"},
};

inline constexpr std::array watch{
    Command{"alert ack", "ALERT [SUBJECT]", "Say that you know of what an alert has found",
            "It is not told again while it lasts, and its end is. Of all that it has found, or of SUBJECT.",
            "alert ack sick           all of it\nalert ack sick shop/web  of one service", alert_options, alert_ack},
    Command{"alert create", "ALERT [STACK[/SERVICE]]", "Tell people by themselves when something is wrong",
            "Watches all of the project, or a stack or service of it; with --of-grid the nodes. An alert of the same\n"
            "name is replaced.\n"
            "\n"
            "  certificate    of a node ends within --before, and was not renewed (--of-grid)\n"
            "  cpu            over 90% of its limit, or of one processor, for 5 m; with --of-grid of a node's\n"
            "  crash-loop     an instance ended badly three times in a row, or was given up\n"
            "  deploy-failed  the newest deployment of a stack has failed\n"
            "  disk           of a node is over 85% full for 1 m (--of-grid)\n"
            "  log            a line matches --pattern, or --over many of them do within 5 m\n"
            "  memory         over 90% of its limit, or of the node's, for 5 m; with --of-grid of a node\n"
            "  node-lost      a node is not heard of any more (--of-grid)\n"
            "  unhealthy      the health check of an instance fails (usually for 30 s)\n"
            "  unplaced       no node fits an instance (usually for 1 m)\n"
            "\n"
            "A Compose file asks for the same with x-kontena: {alerts: {NAME: {when: cpu, over: 80%, for: 5m}}}, also\n"
            "service, pattern and webhooks: the alert is called STACK-NAME, and goes with the stack.\n"
            "\n"
            "What comes within 5 s is one notice. It is told when it is over, which is believed after 15 s, and again\n"
            "every 4 h while it lasts and nobody has said that they know (alert ack).",
            "alert create sick --when unhealthy                        of the whole project\n"
            "alert create loop shop/web --when crash-loop              of one service\n"
            "alert create full --when unplaced --for 5m --webhook ops  by one of the webhooks\n"
            "alert create busy shop --when cpu --over 80% --for 10m    of a stack\n"
            "alert create sorry shop --when log --pattern 'ERROR|panic' --over 5\n"
            "alert create lost --of-grid --when node-lost              of the nodes\n"
            "alert create full-disk --of-grid --when disk --over 80%",
            alert_create_options, alert_create},
    Command{"alert ls", "", "List the alerts and what they have found", "What is over is listed for an hour.",
            "alert ls            of the project\nalert ls --of-grid  of the nodes", alert_options, alert_ls},
    Command{"alert rm", "ALERT...", "Remove alerts", "Nobody is told of the end of what they have found.",
            "alert rm sick       after a question\nalert rm -y a b     without being asked", alert_rm_options, alert_rm},
    Command{"alert silence", "ALERT", "Have an alert tell nobody for a while",
            "It is listed as before. What still is so at the end is told then.",
            "alert silence sick --for 2h --why maintenance\nalert silence sick --off   tell again",
            alert_silence_options, alert_silence},
    Command{"alert test", "ALERT", "Send a test to the webhooks of an alert",
            "Also while it is silenced. Exits with 1 where one did not take it.",
            "alert test sick            of the project\nalert test lost --of-grid  of the nodes", alert_options, alert_test},
    Command{"forward create", "FORWARD", "Send logs on to another system, or change where to",
            "Lines of the project's containers go from their nodes to the place as well as to the server, also\n"
            "while the server is away: those from now on. With --of-grid those of all projects.\n"
            "\n"
            "  syslog+tls://HOST[:6514]          syslog (RFC 5424, octet counting); in clear: syslog+tcp://HOST[:601]\n"
            "  fluentd+tls://HOST[:24224][/TAG]  Fluentd's forward protocol, acknowledged; in clear: fluentd+tcp\n"
            "  otlp+https://HOST[:4318][/PATH]   OpenTelemetry, JSON over HTTP; in clear: otlp+http\n"
            "\n"
            "While a place takes nothing its lines wait on the nodes, in the room of the agent's --log-spool-mb.\n"
            "What that has no room for is dropped for that place, and the log says how much. After a failure\n"
            "lines may come twice.\n"
            "\n"
            "Of otlp, --header gives what the place knows its senders by: at most 8. The values are sealed on the\n"
            "server, are in the nodes' memory alone and are never shown: whoever changes the place gives them again.",
            "forward create siem --to syslog+tls://logs.example.com:6514 --ca-file ca.pem\n"
            "forward create otel --to otlp+https://otel.example.com --header authorization=@otel.key\n"
            "forward create all --of-grid --to fluentd+tcp://10.0.0.9:24224/kontena  of all projects",
            forward_create_options, forward_create},
    Command{"forward ls", "", "List where logs are sent on to", "STATE has the nodes that cannot send there now, why, and how many lines they have dropped since their\n"
            "agents started.",
            "forward ls            of the project\nforward ls --of-grid  of the grid", forward_options, forward_ls},
    Command{"forward rm", "FORWARD...", "Send logs on no longer", "What waits for the place is not sent any more.",
            "forward rm siem     after a question\nforward rm -y a b   without being asked", forward_rm_options, forward_rm},
    Command{"stats", "[NAME...]", "Show what instances and nodes use",
            "Sampled every 10 s. The time since --since is cut into 60 parts: what is shown is the mean of the last,\n"
            "and the curve of the processors has the last 20. NAME is a STACK, STACK/SERVICE or STACK/SERVICE-N,\n"
            "with --nodes a node; without one it is all of the project. MEMORY is without the cache of files that\n"
            "can be given up. Every sample is kept for a day, means of a minute for a week, and of 15 minutes\n"
            "for a quarter of a year; they go on over restarts and roll-outs.",
            "stats                              all of the project\n"
            "stats shop/web --since 10m         the instances of a service\n"
            "stats --nodes n1                   of a node\n"
            "stats shop --since 7d --format json  all 60 parts",
            stats_options, stats},
    Command{"top", "[NAME...]", "Watch what instances and nodes use",
            "As `stats`, sorted, and drawn anew every 2 s in as many lines as the window has. In a pipe it is printed\n"
            "once.",
            "top                    the project\n"
            "top shop --sort memory  a stack\n"
            "top --nodes --once     the nodes, for a script",
            top_options, top},
    Command{"webhook create", "WEBHOOK", "Make or change a place that alerts are told to, and print its key",
            "The URL is sealed on the server, since many have a token in it, and begins with https://. A notice is a\n"
            "POST of JSON, with `text` for chat services. `kontena-signature: t=SECONDS,v1=HEX` signs it: HMAC-SHA256\n"
            "of `SECONDS.BODY` by the key as it is printed. A notice may come twice: its alerts say when they fired.",
            "webhook create ops --url-file url           of the project\n"
            "webhook create ops --of-grid < url > key    of the grid; the key into a file",
            webhook_create_options, webhook_create},
    Command{"webhook ls", "", "List the places that alerts are told to", "With why the last notice was not taken.",
            "webhook ls            of the project\nwebhook ls --of-grid  of the grid", alert_options, webhook_ls},
    Command{"webhook rm", "WEBHOOK...", "Remove places that alerts are told to", "",
            "webhook rm ops     after a question\nwebhook rm -y ops  without being asked", alert_rm_options, webhook_rm},
};

}  // namespace rows

}  // namespace kontena::client
