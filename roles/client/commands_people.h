#pragma once

#include <array>

#include "commands.h"
#include "options.h"

// The commands about people and what they may; commands.cc puts them among the others.
namespace kontena::client::rows {

using namespace options;

inline constexpr std::array people{
    Command{
        "binding create",
        "SUBJECT ROLE SCOPE",
        "Give a role to a user or a group, at a place and all in it",
        "SUBJECT is a user, or group:NAME. SCOPE is / for all, /GRID, /GRID/PROJECT or /GRID/PROJECT/STACK,\n"
        "where STACK may be a pattern, web-*. Without a leading / it is a stack of the current project. Nobody\n"
        "gives more than they have there themselves.",
        "binding create ann deployer /main/shop           all stacks of a project\n"
        "binding create group:support viewer /main        a whole grid, to see\n"
        "binding create ci deployer /main/shop/web-*    some stacks",
        {},
        binding_create},
    Command{"binding ls", "", "List who has which role where",
            "Those that you may know of: your own, and where you administer.",
            "binding ls                     all\nbinding ls --user ann --json   of one, for a script",
            binding_ls_options, binding_ls},
    Command{"binding rm", "SUBJECT ROLE SCOPE", "Take a role from a user or a group",
            "The words are those of `binding ls`. The last administrator stays.",
            "binding rm ann deployer /main/shop     after a question\n"
            "binding rm -y group:support viewer /main  without being asked",
            confirm_options, binding_rm},
    Command{"can-i", "[VERB] [RESOURCE]", "Tell whether you may do something somewhere, and by which binding",
            "RESOURCE is a scope as in `binding create`, or a stack of the current project; without it, the\n"
            "project. Prints what grants it, or what is missing, and exits with 1 where it is not allowed.",
            "can-i deploy shop             a stack of the current project\n"
            "can-i secrets.read /main/pay  a project\n"
            "can-i scale web --as ann      another user; for who administers the place\n"
            "can-i --list                  all that you may here",
            can_i_options, can_i},
    Command{"role create", "ROLE", "Make a role of some verbs", "Who gives it has to have all of them.",
            "role create watcher --verbs view,logs                            two verbs\n"
            "role create oncall --verbs view,logs,run,scale --description night  with a text",
            role_create_options, role_create},
    Command{"role ls",
            "",
            "List the roles: built in and made",
            "",
            "role ls     with what they are for\nrole ls -q  their names",
            {},
            role_ls},
    Command{"role rm", "ROLE...", "Remove roles that nobody has", "Those that are built in stay.",
            "role rm watcher     after a question\nrole rm -y watcher  without being asked", confirm_options, role_rm},
    Command{"role show",
            "ROLE",
            "Show a role: the verbs that it allows",
            "",
            "role show deployer         for people\nrole show deployer --json  for a script",
            {},
            role_show},
    Command{"session ls",
            "",
            "List who is logged in, and from where",
            "Your own; all, for who makes accounts.",
            "session ls     with where they were used last\nsession ls -q  their ids",
            {},
            session_ls},
    Command{"session rm", "SESSION...", "End sessions: what they have open ends within a second", "",
            "session rm 4be19c0d2a11     after a question\nsession rm -y 4be19c0d2a11  without being asked",
            confirm_options, session_rm},
    Command{"token rotate",
            "TOKEN",
            "Give an access token another secret",
            "Prints it on standard output, this once. The one before is worth nothing from that moment.",
            "token rotate 4be19c0d2a11 > ci.token  into a file\ntoken rotate 4be19c0d2a11 --json      for a script",
            {},
            token_rotate},
    Command{"user create", "USER", "Make an account of the cluster",
            "It can do nothing before it has a role (`binding create`), and nobody logs in with it before an\n"
            "invitation, or a token for a service account.",
            "user create ann --full-name Ann --group shop-team  a person\n"
            "user create ci --service                                a program, by tokens only",
            user_create_options, user_create},
    Command{"user disable",
            "USER...",
            "Disable accounts: nothing of theirs is good any more",
            "Sessions end, and tokens are worth nothing while it lasts.",
            "user disable ann      until user enable\nuser disable ann bob  both",
            {},
            user_disable},
    Command{"user enable",
            "USER...",
            "Enable accounts that were disabled",
            "People log in again; access tokens are good again.",
            "user enable ann      one\nuser enable ann bob  both",
            {},
            user_enable},
    Command{"user invite", "USER", "Make a code with which somebody sets their password, and logs in",
            "Prints it on standard output, this once. It is good once; another one takes its place. For a forgotten\n"
            "password too.",
            "user invite ann                good for three days\nuser invite ann --expires 1h   for an hour",
            user_invite_options, user_invite},
    Command{"user ls",
            "",
            "List the accounts of the cluster",
            "",
            "user ls     with kind, state and roles\nuser ls -q  their names",
            {},
            user_ls},
    Command{"user password", "", "Change your own password", "All your other sessions end.",
            "user password                             asks for both\n"
            "user password --password-file both.txt    the old one and the new one, a line each",
            user_password_options, user_password},
    Command{"user rm", "USER...", "Remove accounts, with their sessions, tokens and roles",
            "What they made stays. The last administrator stays too.",
            "user rm ann     after a question\nuser rm -y ann  without being asked", confirm_options, user_rm},
    Command{"user set", "USER", "Change an account: its full name, its groups", "",
            "user set ann --full-name Ann         a name\nuser set ann --join ops --leave shop-team  groups",
            user_set_options, user_set},
    Command{"user show",
            "USER",
            "Show an account: state, groups, roles",
            "",
            "user show ann         for people\nuser show ann --json  for a script",
            {},
            user_show},
    Command{"whoami",
            "",
            "Show who you are here, and what you have",
            "",
            "whoami     with roles\nwhoami -q  the name",
            {},
            whoami},
};

}  // namespace kontena::client::rows
