#include "arguments.h"

#include <algorithm>

#include "commands.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

constexpr std::size_t any_number = 1'000'000;
constexpr std::size_t most_words = 3;  // of a command's name

Error misuse(std::string message, std::string hint = {}) {
  return {Code::invalid_argument, std::move(message), std::move(hint)};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view near = text::nearest(word, candidates);
  return near.empty() ? std::string() : "did you mean '" + std::string(near) + "'?";
}

// The command's own options come first: one may have a name of a global one and
// other values.
const Option* find_option(const Command* command, auto&& matches) {
  if (command)
    for (const Option& option : command->options)
      if (matches(option)) return &option;
  for (const Option& option : global_options())
    if (matches(option)) return &option;
  return nullptr;
}

const Option* by_name(const Command* command, std::string_view name) {
  return find_option(command, [&](const Option& o) { return o.name == name; });
}

const Option* by_letter(const Command* command, char letter) {
  return find_option(command, [&](const Option& o) { return o.brief.size() == 2 && o.brief[1] == letter; });
}

Error unknown_option(const Command* command, const std::string& name) {
  std::vector<std::string_view> names;
  if (command)
    for (const Option& option : command->options) names.push_back(option.name);
  for (const Option& option : global_options()) names.push_back(option.name);
  return misuse("unknown option '" + name + "'", did_you_mean(name, names));
}

bool is_option(const std::string& argument) { return argument.size() > 1 && argument[0] == '-'; }

// Walks the arguments once; `word` gets what is no option.
class Walk {
 public:
  Walk(std::span<const std::string> all, const Command* command, Parsed& parsed)
      : all_(all), command_(command), parsed_(parsed) {}

  std::vector<std::string> words;

  std::optional<Error> run() {
    for (; at_ < all_.size(); ++at_) {
      const std::string& argument = all_[at_];
      std::optional<Error> wrong;
      if (argument == "--") {
        words.insert(words.end(), all_.begin() + static_cast<std::ptrdiff_t>(at_) + 1, all_.end());
        break;
      }
      if (!is_option(argument))
        words.push_back(argument);
      else if (argument.starts_with("--"))
        wrong = take_long(argument);
      else
        wrong = take_letters(argument);
      if (wrong) return wrong;
    }
    return std::nullopt;
  }

 private:
  std::optional<Error> take_long(const std::string& argument) {
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const Option* option = by_name(command_, name);
    if (!option) return unknown_option(command_, name);
    if (equals != std::string::npos) {
      if (option->value.empty()) return misuse("option '" + name + "' takes no value");
      add(*option, argument.substr(equals + 1));
      return std::nullopt;
    }
    return option->value.empty() ? add(*option, "") : take_value(*option, name);
  }

  // "-q", "-fq" (two switches), "-f FILE", "-fFILE", "-f=FILE".
  std::optional<Error> take_letters(const std::string& argument) {
    for (std::size_t i = 1; i < argument.size(); ++i) {
      const std::string name{'-', argument[i]};
      const Option* option = by_letter(command_, argument[i]);
      if (!option) return unknown_option(command_, i == 1 ? argument : name);
      if (option->value.empty()) {
        add(*option, "");
        continue;
      }
      if (i + 1 == argument.size()) return take_value(*option, name);
      return add(*option, argument.substr(argument[i + 1] == '=' ? i + 2 : i + 1));
    }
    return std::nullopt;
  }

  std::optional<Error> take_value(const Option& option, const std::string& name) {
    if (at_ + 1 == all_.size()) return misuse("option '" + name + "' needs a value: " + std::string(option.value));
    return add(option, all_[++at_]);
  }

  std::optional<Error> add(const Option& option, std::string value) {
    if (option.name == "--help") parsed_.help = true;
    if (option.name == "--version") parsed_.version = true;
    parsed_.arguments.add(option.name, std::move(value), false);
    return std::nullopt;
  }

  std::span<const std::string> all_;
  const Command* command_;
  Parsed& parsed_;
  std::size_t at_ = 0;
};

// The words before and between options, as far as they can be told apart without
// knowing the command: enough to find it.
std::vector<std::string> leading_words(std::span<const std::string> all) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < all.size() && words.size() < most_words; ++i) {
    if (all[i] == "--") break;
    if (!is_option(all[i])) {
      words.push_back(all[i]);
      continue;
    }
    const Option* option = all[i].starts_with("--") ? by_name(nullptr, all[i]) : by_letter(nullptr, all[i].back());
    if (option && !option->value.empty()) ++i;
  }
  return words;
}

std::vector<std::string_view> all_words() {
  std::vector<std::string_view> words;
  for (const Command& command : commands()) words.push_back(command.words);
  return words;
}

// Sets command or group, and how many words name it; or says what is wrong.
void find(const std::vector<std::string>& words, Parsed& parsed, std::size_t& used) {
  if (words.empty()) return;
  for (used = words.size(); used > 0; --used)
    if ((parsed.command = find_command(text::join(std::span(words).first(used), " ")))) return;
  used = 1;
  const std::string prefix = words[0] + ' ';
  const bool is_group = std::ranges::any_of(commands(), [&](const Command& c) { return c.words.starts_with(prefix); });
  if (is_group) parsed.group = words[0];
  if (is_group && words.size() == 1) return;
  const std::string given = words.size() == 1 ? words[0] : words[0] + ' ' + words[1];
  auto candidates = all_words();
  std::string hint = did_you_mean(given, candidates);
  if (hint.empty() && !is_group) hint = did_you_mean(words[0], candidates);
  if (hint.empty() && !is_group) {
    std::vector<std::string_view> groups;
    for (const std::string_view each : candidates)
      if (const auto blank = each.find(' '); blank != std::string_view::npos) groups.push_back(each.substr(0, blank));
    hint = did_you_mean(words[0], groups);
  }
  if (hint.empty())
    hint = is_group ? "kontena client " + words[0] + " --help lists its commands"
                    : "kontena client help lists the commands";
  parsed.wrong = misuse("unknown command '" + (is_group ? given : words[0]) + "'", std::move(hint));
}

void take_environment(Parsed& parsed, const Environment& environment) {
  const auto take = [&](const Option& option) {
    if (option.variable.empty() || parsed.arguments.has(option.name)) return;
    const auto found = environment.find(std::string(option.variable));
    if (found == environment.end() || found->second.empty()) return;
    if (option.value.empty() && (found->second == "0" || found->second == "false")) return;
    parsed.arguments.add(option.name, found->second, true);
  };
  if (parsed.command)
    for (const Option& option : parsed.command->options) take(option);
  for (const Option& option : global_options()) take(option);
}

std::optional<Error> check_count(const Command& command, const std::vector<std::string>& words) {
  const Arity takes = arity(command);
  if (words.size() > takes.most) return misuse("unexpected argument '" + words[takes.most] + "'");
  if (words.size() >= takes.least) return std::nullopt;
  const auto names = text::split(command.arguments, ' ');
  return misuse(std::string(text::trim(names[words.size()])) + " is missing");
}

std::optional<Error> check_repeats(const Parsed& parsed) {
  const auto check = [&](const Option& option) {
    return option.many || option.value.empty() || parsed.arguments.values(option.name).size() < 2;
  };
  for (const Option& option : parsed.command->options)
    if (!check(option)) return misuse("option '" + std::string(option.name) + "' is given more than once");
  return std::nullopt;
}

}  // namespace

std::string Arguments::value(std::string_view option, std::string_view otherwise) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string(otherwise) : found->second.values.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second.values;
}

bool Arguments::from_command_line(std::string_view option) const {
  const auto found = options_.find(option);
  return found != options_.end() && !found->second.from_environment;
}

void Arguments::add(std::string_view option, std::string value, bool from_environment) {
  Given& given = options_[std::string(option)];
  given.values.push_back(std::move(value));
  given.from_environment = from_environment;
}

Arity arity(const Command& command) {
  Arity takes;
  if (command.arguments.empty()) return takes;
  for (const std::string& word : text::split(command.arguments, ' ')) {
    takes.least += word[0] == '[' ? 0 : 1;
    takes.most += word.ends_with("...") ? any_number : 1;
  }
  return takes;
}

Parsed parse(std::span<const std::string> all, const Environment& environment) {
  Parsed parsed;
  std::size_t used = 0;
  find(leading_words(all), parsed, used);
  Walk walk(all, parsed.command, parsed);
  auto wrong = walk.run();
  take_environment(parsed, environment);
  // A wish for help is granted whatever else is wrong.
  const auto end = std::ranges::find(all, "--");
  if (std::any_of(all.begin(), end, [](const std::string& each) { return each == "--help" || each == "-h"; }))
    parsed.help = true;
  if (!parsed.wrong) parsed.wrong = std::move(wrong);
  if (!parsed.command) return parsed;
  parsed.arguments.words.assign(walk.words.begin() + static_cast<std::ptrdiff_t>(std::min(used, walk.words.size())),
                                walk.words.end());
  if (!parsed.wrong && !parsed.help) parsed.wrong = check_count(*parsed.command, parsed.arguments.words);
  if (!parsed.wrong) parsed.wrong = check_repeats(parsed);
  return parsed;
}

}  // namespace kontena::client
