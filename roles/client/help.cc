#include "help.h"

#include <algorithm>
#include <set>
#include <vector>

#include "commands.h"
#include "kontena/base/text.h"
#include "print.h"

namespace kontena::client {
namespace {

constexpr std::string_view program = "kontena client ";
constexpr std::size_t page = 100;   // columns
constexpr std::size_t widest = 34;  // of a left column

// Two columns; the right one is folded at the page's edge.
std::string columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t left = 0;
  for (const auto& [head, body] : rows)
    if (width(head) <= widest) left = std::max(left, width(head));
  std::string all;
  for (const auto& [head, body] : rows) {
    std::string line = "  " + head;
    if (width(head) > left) {
      all += line + '\n';
      line.clear();
    }
    line = pad(line, left + 4);
    bool fresh = true;
    for (const std::string& word : text::split(body, ' ')) {
      if (!fresh && width(line) + 1 + width(word) > page) {
        all += line + '\n';
        line = std::string(left + 4, ' ');
        fresh = true;
      }
      line += (fresh ? "" : " ") + word;
      fresh = false;
    }
    all += line + '\n';
  }
  return all;
}

std::string options_text(std::span<const Option> options, std::span<const Option> hidden_by = {}) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : options) {
    if (std::ranges::find(hidden_by, option.name, &Option::name) != hidden_by.end()) continue;
    std::string head = option.brief.empty() ? "    " : std::string(option.brief) + ", ";
    head += option.name;
    if (!option.value.empty()) head += ' ' + std::string(option.value);
    std::string body(option.help);
    if (option.many) body += "; may be given several times";
    if (!option.variable.empty()) body += " [" + std::string(option.variable) + ']';
    rows.emplace_back(std::move(head), std::move(body));
  }
  return columns(rows);
}

std::string examples_text(const Command& command) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string& line : text::split(command.examples, '\n')) {
    const auto gap = line.find("  ");
    const std::string typed = line.substr(0, gap);
    const bool whole = typed.find(program) != std::string::npos;
    rows.emplace_back((whole ? "" : std::string(program)) + typed,
                      gap == std::string::npos ? "" : text::trim(line.substr(gap)));
  }
  std::string all;
  std::size_t left = 0;
  for (const auto& [typed, what] : rows)
    if (width(typed) <= 60) left = std::max(left, width(typed));
  for (const auto& [typed, what] : rows) all += "  " + (what.empty() ? typed : pad(typed, left) + "  # " + what) + '\n';
  return all;
}

std::string first_word(std::string_view words) { return std::string(words.substr(0, words.find(' '))); }

}  // namespace

std::string usage(const Command& command) {
  std::string line = std::string(program) + std::string(command.words) + " [OPTIONS]";
  if (!command.arguments.empty()) line += ' ' + std::string(command.arguments);
  return line;
}

std::string help_of(const Command& command) {
  std::string all = "usage: " + usage(command) + "\n\n" + std::string(command.help) + ".\n";
  if (!command.text.empty()) all += '\n' + std::string(command.text) + '\n';
  all += "\nExamples:\n" + examples_text(command);
  if (!command.options.empty()) all += "\nOptions:\n" + options_text(command.options);
  return all + "\nOptions of every command:\n" + options_text(global_options(), command.options);
}

std::string help_of_group(std::string_view group) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands())
    if (group.empty() || command.words.starts_with(std::string(group) + ' ')) {
      std::string head(command.words);
      if (!command.arguments.empty()) head += ' ' + std::string(command.arguments);
      rows.emplace_back(std::move(head), command.help);
    }
  std::string all =
      "usage: " + std::string(program) + (group.empty() ? "" : std::string(group) + ' ') + "COMMAND [OPTIONS]\n";
  all += "\nCommands:\n" + columns(rows);
  if (!group.empty()) return all + "\n`" + std::string(program) + std::string(group) + " COMMAND --help` tells more.\n";
  all += "\nOptions of every command:\n" + options_text(global_options());
  all +=
      "\nA token comes from --token-file, KONTENA_TOKEN, or the context; never from an argument.\n"
      "NO_COLOR, CLICOLOR_FORCE and TERM=dumb are heeded.\n"
      "\nExit status:\n";
  all += columns({{"0", "done"},
                  {"1", "failed"},
                  {"2", "wrong usage, or a wrong Compose file"},
                  {"4", "not found"},
                  {"5", "in conflict with what is, or with somebody else's change"},
                  {"6", "not logged in, or not allowed"},
                  {"7", "the server cannot be reached"},
                  {"8", "took longer than --timeout"},
                  {"10", "not well (status --check)"},
                  {"11", "cannot be placed on any node"},
                  {"130", "ended by Ctrl-C"}});
  return all + "\nAs a command named `ktn` the same is shorter: `ktn ps`. `" + std::string(program) +
         "COMMAND --help` tells more.\n";
}

// Words of two levels, and options: all that is fixed. Names of things would need
// the server.
std::string bash_completion() {
  std::string groups, cases;
  std::set<std::string> firsts;
  std::string globals;
  for (const Option& option : global_options()) globals += ' ' + std::string(option.name);
  for (const Command& command : commands()) firsts.insert(first_word(command.words));
  for (const std::string& first : firsts) {
    std::string seconds;
    for (const Command& command : commands())
      if (command.words.starts_with(first + ' ')) seconds += ' ' + first_word(command.words.substr(first.size() + 1));
    if (!seconds.empty()) groups += "    " + first + ") words=\"" + seconds.substr(1) + "\" ;;\n";
  }
  for (const Command& command : commands()) {
    std::string names;
    for (const Option& option : command.options) names += ' ' + std::string(option.name);
    const auto third = command.words.find(' ', command.words.find(' ') + 1);
    if (!names.empty()) cases += "    '" + std::string(command.words.substr(0, third)) + "') options+=\"" + names + "\" ;;\n";
  }
  const std::vector<std::string> first_list(firsts.begin(), firsts.end());
  return "# Completion of kontena client and ktn for bash. Made by: kontena client completion bash\n"
         "_kontena_client() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} at=$1 words=\"" +
         text::join(first_list, " ") +
         "\"\n"
         "  local options=\"" +
         globals.substr(1) +
         "\" first=${COMP_WORDS[$1]} second=${COMP_WORDS[$1+1]}\n"
         "  COMPREPLY=()\n"
         "  if [[ $word == -* ]]; then\n"
         "    case \"$first $second\" in\n" +
         [&] {
           std::string quoted;
           for (const std::string& line : text::split(cases, '\n')) {
             if (line.empty()) continue;
             // A command of one word is followed by anything.
             const auto close = line.find("')");
             const bool one = line.substr(0, close).find(' ', 5) == std::string::npos;
             quoted += "  " + line.substr(0, close) + (one ? " '*)" : "')") + line.substr(close + 2) + '\n';
           }
           return quoted;
         }() +
         "    esac\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
         "    return\n"
         "  fi\n"
         "  if ((COMP_CWORD == at + 1)); then\n"
         "    words=\n"
         "    case $first in\n" +
         [&] {
           std::string indented;
           for (const std::string& line : text::split(groups, '\n'))
             if (!line.empty()) indented += "  " + line + '\n';
           return indented;
         }() +
         "    esac\n"
         "  elif ((COMP_CWORD != at)); then\n"
         "    COMPREPLY=()\n"
         "    compopt -o default 2>/dev/null\n"
         "    return\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "}\n"
         "_ktn() { _kontena_client 1; }\n"
         "_kontena() {\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"server agent client\" -- \"${COMP_WORDS[1]}\")\n"
         "  elif [[ ${COMP_WORDS[1]} == client ]]; then\n"
         "    _kontena_client 2\n"
         "  fi\n"
         "}\n"
         "complete -F _ktn ktn\n"
         "complete -F _kontena kontena\n";
}

}  // namespace kontena::client
