#include <algorithm>
#include <set>

#include "kontena/base/text.h"
#include "validate.h"

namespace kontena::model {
namespace {

bool alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool of_name(char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; }

// As Compose has them, but for names of dots alone, which no path can hold.
bool is_key(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, of_name) &&
         name.find_first_not_of('.') != std::string_view::npos;
}

constexpr std::string_view key_rule = "is not a name: 1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-'";

void check_volume(Problems& problems, const std::string& path, const VolumeSpec& volume) {
  problems.expect(volume.name.empty() || is_object_name(volume.name), path + ".name",
                  quoted(volume.name) + " is not a name of a volume: letters, digits, '.', '_', '-'");
  problems.expect(!volume.driver.empty(), path + ".driver", "is empty");
  check_word(problems, path + ".driver", volume.driver);
  check_map(problems, path + ".driver_options", volume.driver_options);
  check_map(problems, path + ".labels", volume.labels, "io.kontena.");
  check_digest(problems, path + ".seed", volume.seed);
}

// Names the first circle of dependencies that there is: "a → b → a".
class Circles {
 public:
  explicit Circles(const StackSpec& stack) : stack_(stack) {}

  std::string find() {
    for (const auto& [name, service] : stack_.services)
      if (auto circle = from(name); !circle.empty()) return circle;
    return "";
  }

 private:
  // A walk in depth with a path of its own: a stack of 2,000 services in a row
  // would be deep for recursion.
  std::string from(const std::string& start) {
    struct Step {
      const std::string* name;
      std::map<std::string, Dependency>::const_iterator next, end;
    };
    std::vector<Step> way;
    const auto enter = [&](const std::string& name) {
      const auto service = stack_.services.find(name);
      if (service == stack_.services.end() || !seen_.insert(name).second) return;
      const auto& on = service->second.depends_on;
      way.push_back({&service->first, on.begin(), on.end()});
      on_the_way_.insert(name);
    };
    enter(start);
    while (!way.empty()) {
      Step& last = way.back();
      if (last.next == last.end) {
        on_the_way_.erase(*last.name);
        way.pop_back();
        continue;
      }
      const std::string& on = (last.next++)->first;
      if (on_the_way_.contains(on)) {
        std::string circle;
        const auto first = std::ranges::find(way, on, [](const Step& s) -> const std::string& { return *s.name; });
        for (auto at = first; at != way.end(); ++at) circle += *at->name + " → ";
        return circle + on;
      }
      enter(on);
    }
    return "";
  }

  const StackSpec& stack_;
  std::set<std::string> seen_, on_the_way_;
};

}  // namespace

std::string quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text.substr(0, 64)) quoted += has_control({&c, 1}) ? '?' : c;
  return quoted + (text.size() > 64 ? "…'" : "'");
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_object_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && alphanumeric(name.front()) &&
         std::ranges::all_of(name, of_name);
}

void check_word(Problems& problems, const std::string& path, std::string_view value, std::size_t longest) {
  problems.expect(!has_control(value), path, quoted(value) + " has control characters");
  problems.expect(value.size() <= longest, path, "is longer than " + std::to_string(longest) + " bytes");
}

void check_map(Problems& problems, const std::string& path, const StringMap& map, std::string_view reserved) {
  problems.expect(map.size() <= most_entries, path, "has more than " + std::to_string(most_entries) + " entries");
  for (const auto& [name, value] : map) {
    problems.expect(!name.empty(), path, "has an entry without a name");
    check_word(problems, path, name);
    problems.expect(reserved.empty() || !name.starts_with(reserved), path,
                    quoted(name) + ": names that begin with " + std::string(reserved) + " are reserved");
    problems.expect(value.find('\0') == std::string::npos, path + '.' + name, "has a NUL character");
    problems.expect(value.size() <= longest_value, path + '.' + name,
                    "is longer than " + std::to_string(longest_value / 1024) + " KB");
  }
}

std::vector<Problem> validate(const StackSpec& stack) {
  Problems problems;
  problems.expect(text::is_label(stack.name), "name",
                  quoted(stack.name) + " is not a name of a stack: 1 to 63 of a-z, 0-9 and '-', not '-' at either end");
  problems.expect(stack.services.size() <= most_services, "services", "are more than " + std::to_string(most_services));
  problems.expect(stack.volumes.size() <= most_services, "volumes", "are more than " + std::to_string(most_services));
  problems.expect(stack.networks.size() <= most_services, "networks", "are more than " + std::to_string(most_services));
  for (const auto& [name, service] : stack.services) {
    problems.expect(is_key(name), "services", quoted(name) + ' ' + std::string(key_rule));
    problems.expect(service.name == name, "services." + name + ".name", "is " + quoted(service.name));
    check_service(problems, "services." + name, service, stack);
  }
  for (const auto& [name, volume] : stack.volumes) {
    problems.expect(is_key(name), "volumes", quoted(name) + ' ' + std::string(key_rule));
    check_volume(problems, "volumes." + name, volume);
  }
  std::map<std::string, std::string> names;  // of networks, to their keys
  for (const auto& [name, network] : stack.networks) {
    problems.expect(is_key(name), "networks", quoted(name) + ' ' + std::string(key_rule));
    check_network(problems, "networks." + name, network);
    const auto [other, is_new] = names.try_emplace(network.name, name);
    problems.expect(is_new || network.name.empty(), "networks." + name + ".name",
                    quoted(network.name) + " is the name of networks." + other->second + " too");
  }
  check_files(problems, "configs", stack.configs, false);
  check_files(problems, "secrets", stack.secrets, true);
  check_static_addresses(problems, stack);
  check_names(problems, stack);
  check_alerts(problems, stack);
  check_together(problems, stack);
  const std::string circle = Circles(stack).find();
  problems.expect(circle.empty(), "services", "depend on each other in a circle: " + circle);
  return problems.take();
}

}  // namespace kontena::model
