#include "specify.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "kontena/base/text.h"
#include "kontena/compose/spec.h"
#include "kontena/model/validate.h"
#include "scalar.h"
#include "specify_files.h"
#include "specify_options.h"
#include "specify_together.h"
#include "tables.h"
#include "values.h"
#include "verdicts.h"

namespace kontena::compose {

std::vector<std::string> texts_of(const Node& list) {
  std::vector<std::string> texts;
  for (const Node& item : list.items) texts.push_back(item.text);
  return texts;
}

std::map<std::string, std::string> map_of(const Node& map) {
  std::map<std::string, std::string> values;
  for (const Member& member : map.members)
    if (member.value.kind != Kind::null) values[member.key] = member.value.text;
  return values;
}

std::int64_t integer_of(const Node& value) { return text::integer(value.text).value_or(0); }
double real_of(const Node& value) { return real(value.text).value_or(0); }

std::int64_t milliseconds_of(const Node& value) {
  const std::int64_t length = nanoseconds(value.text).value_or(0);
  return length / 1'000'000 + (length % 1'000'000 > 0 ? 1 : 0);
}

void specify_stack_name(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  stack.name = value.text;
  for (char& c : stack.name)
    if (c == '_') c = '-';
  while (stack.name.ends_with('-')) stack.name.pop_back();
  if (!text::is_label(stack.name))
    to.notes.problem(value.at, path, "'" + value.text + "' cannot be the name of a stack",
                     "1 to 63 of a-z, 0-9 and '-'; give one with 'name:'");
}

void specify_volumes(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  for (const Member& member : value.members) {
    model::VolumeSpec& volume = stack.volumes[member.key];
    specify_map<model::VolumeSpec>(to, member.value, under(path, member.key), volume_keys(), volume);
    // The key is an external volume's name where it is given none.
    if (volume.external && volume.name.empty()) volume.name = member.key;
  }
}

void specify_services(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  for (const Member& member : value.members) {
    model::ServiceSpec& service = stack.services[member.key];
    service.name = member.key;
    const std::string at = under(path, member.key);
    to.service = &member.value;
    specify_map<model::ServiceSpec>(to, member.value, at, service_keys(), service);
    if (service.image.empty() && !member.value.find("build"))
      to.notes.problem(member.at, at, "'image' is missing or empty");
    drop_unpublished(to, member.value, at, service);
    drop_unheard(to, member.value, at, service);
  }
}

namespace {

// What Compose calls what the model calls otherwise.
std::string_view key_of(std::string_view field) {
  using Pair = std::pair<std::string_view, std::string_view>;
  constexpr auto names = std::to_array<Pair>({
      {"block_io", "blkio_config"},
      {"cpu_realtime_period", "cpu_rt_period"},
      {"cpu_realtime_runtime", "cpu_rt_runtime"},
      {"device_requests", "gpus"},
      {"dns_options", "dns_opt"},
      {"exposed_ports", "expose"},
      {"health_check", "healthcheck"},
      {"log_driver", "logging"},
      {"log_options", "logging"},
      {"memory_swap_bytes", "memswap_limit"},
      {"memory_swappiness", "mem_swappiness"},
      {"mounts", "volumes"},
      {"own_labels", "labels"},
      {"shm_bytes", "shm_size"},
      {"storage_options", "storage_opt"},
      {"userns", "userns_mode"},
  });
  const auto found = std::ranges::find(names, field, &Pair::first);
  return found == names.end() ? field : found->second;
}

struct Place {
  const Node* node;
  std::string path;  // as the file has it, or the model's where the file has no such key
};

// What the model's path leads to, or the last node on the way that there is.
Place place_of(const Node& root, const std::string& path) {
  Place place{&root, ""};
  for (std::size_t from = 0; from < path.size();) {
    const std::size_t end = std::min(path.find_first_of(".[]", from), path.size());
    const std::string_view part = std::string_view(path).substr(from, end - from);
    from = end + 1;
    if (part.empty()) continue;
    const Node* next = nullptr;
    if (place.node->kind == Kind::list) {
      const auto index = text::integer(part);
      if (index && *index >= 0 && static_cast<std::size_t>(*index) < place.node->items.size()) {
        next = &place.node->items[static_cast<std::size_t>(*index)];
        place.path = under(place.path, static_cast<std::size_t>(*index));
      }
    } else {
      if (part == "options" && !place.node->find(part)) continue;
      if (part == "own_labels" && place.node->find("deploy")) {
        place.node = place.node->find("deploy");
        place.path = under(place.path, "deploy");
      }
      next = place.node->find(key_of(part));
      if (next) place.path = under(place.path, key_of(part));
    }
    if (!next) return {place.node, path};
    place.node = next;
  }
  return place;
}

// What no key alone can tell, and the bounds of everything.
void check_model(Specifier& to) {
  for (const model::Problem& problem : model::validate(to.spec)) {
    const Place place = place_of(to.root, problem.path);
    to.notes.problem(place.node->at, place.path, problem.what);
  }
}

void refuse_doubts(Specifier& to, const Node& value, const std::string& path) {
  if (value.doubt)
    to.notes.problem(value.at, path, "'" + (value.written.empty() ? value.text : value.written) + "' " + value.doubt);
  for (std::size_t i = 0; i < value.items.size(); ++i) refuse_doubts(to, value.items[i], under(path, i));
  for (const Member& member : value.members) refuse_doubts(to, member.value, under(path, member.key));
}

}  // namespace

void specify_all(Specifier& to) {
  refuse_doubts(to, to.root, "");
  specify_map<model::StackSpec>(to, to.root, "", stack_keys(), to.spec);
  label_volumes(to);
  drop_bound_volumes(to);
  check_static_addresses(to);
  check_names(to);
  check_jobs(to);
  check_together(to);
  remark(to);
  if (to.spec.services.empty()) to.notes.problem(to.root.at, "services", "there are no services to run");
  if (to.notes.problems.empty()) check_model(to);
  to.notes.sort();
}

Specified specify(const Document& document) {
  Specified result;
  Notes notes;
  Specifier to{document.root(), notes, result.spec, nullptr, document.nearby()};
  specify_all(to);
  result.builds = std::move(to.builds);
  result.own_paths = std::move(to.own_paths);
  result.files = std::move(to.files);
  result.keys = verdicts_of(to);
  result.problems = std::move(notes.problems);
  result.warnings = std::move(notes.warnings);
  return result;
}

}  // namespace kontena::compose
