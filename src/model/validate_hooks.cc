#include "validate.h"

namespace kontena::model {
namespace {

constexpr std::size_t most_hooks = 100;

void check_hook(Problems& problems, const std::string& path, const Hook& hook, bool before_start) {
  problems.expect(!hook.command.empty() && !hook.command.front().empty(), path + ".command", "names no program");
  problems.expect(hook.command.size() <= most_entries, path + ".command",
                  "has more than " + std::to_string(most_entries) + " words");
  for (const std::string& word : hook.command) {
    problems.expect(word.find('\0') == std::string::npos, path + ".command", "has a NUL character");
    problems.expect(word.size() <= longest_value, path + ".command",
                    "has a word longer than " + std::to_string(longest_value / 1024) + " KB");
  }
  check_map(problems, path + ".environment", hook.environment);
  for (const auto& [name, value] : hook.environment)
    problems.expect(name.find('=') == std::string::npos, path + ".environment",
                    quoted(name) + " has a '=' in its name");
  check_word(problems, path + ".user", hook.user);
  check_word(problems, path + ".working_dir", hook.working_dir, 4'096);
  if (before_start && !hook.image.empty()) check_image(problems, path + ".image", hook.image);
  problems.expect(before_start || hook.image.empty(), path + ".image", "is for pre_start only");
  problems.expect(before_start || !hook.per_replica, path + ".per_replica", "is for pre_start only");
}

}  // namespace

void check_hooks(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  const auto each = [&](const std::string& at, const std::vector<Hook>& hooks, bool before_start) {
    problems.expect(hooks.size() <= most_hooks, at, "are more than " + std::to_string(most_hooks));
    if (hooks.size() > most_hooks) return;
    for (std::size_t i = 0; i < hooks.size(); ++i)
      check_hook(problems, at + '[' + std::to_string(i) + ']', hooks[i], before_start);
  };
  each(path + ".pre_start", spec.pre_start, true);
  each(path + ".post_start", spec.post_start, false);
  each(path + ".pre_stop", spec.pre_stop, false);
}

std::size_t size_of_hooks(const ServiceSpec& spec) {
  std::size_t size = 0;
  for (const auto* hooks : {&spec.pre_start, &spec.post_start, &spec.pre_stop})
    for (const Hook& hook : *hooks) {
      size += hook.user.size() + hook.working_dir.size() + hook.image.size() + 100;
      for (const std::string& word : hook.command) size += word.size() + 4;
      for (const auto& [name, value] : hook.environment) size += name.size() + value.size() + 8;
    }
  return size;
}

}  // namespace kontena::model
