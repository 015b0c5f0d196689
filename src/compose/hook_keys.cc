// The keys of hooks, and how hooks get into the spec.
#include "parts.h"
#include "service_forms.h"
#include "specify.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::Hook;

constexpr auto hook_rows = std::to_array<Key<Hook>>({
    runs<Hook>("command", command, into<&Hook::command>),
    runs<Hook>("environment", variables, into<&Hook::environment>),
    runs<Hook>("privileged", boolean, into<&Hook::privileged>),
    runs<Hook>("user", text_value, into<&Hook::user>),
    runs<Hook>("working_dir", text_value, into<&Hook::working_dir>),
});
static_assert(well_formed(hook_rows));

constexpr auto pre_start_rows = std::to_array<Key<Hook>>({
    runs<Hook>("command", command, into<&Hook::command>),
    runs<Hook>("environment", variables, into<&Hook::environment>),
    runs<Hook>("image", text_value, into<&Hook::image>),
    runs<Hook>("per_replica", boolean, into<&Hook::per_replica>),
    runs<Hook>("privileged", boolean, into<&Hook::privileged>),
    runs<Hook>("user", text_value, into<&Hook::user>),
    runs<Hook>("working_dir", text_value, into<&Hook::working_dir>),
});
static_assert(well_formed(pre_start_rows));

std::vector<Hook> hooks_of(Specifier& to, const Node& list, const std::string& path, std::span<const Key<Hook>> rows) {
  std::vector<Hook> all;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    Hook& hook = all.emplace_back();
    specify_map(to, list.items[i], under(path, i), rows, hook);
    if (hook.command.empty())
      to.notes.problem(list.items[i].at, under(path, i) + ".command", "has no words", "a program and its arguments");
  }
  return all;
}

}  // namespace

constinit const Table hook_table = table_of<hook_rows>("services.*.post_start[]");
constinit const Table pre_start_table = table_of<pre_start_rows>("services.*.pre_start[]");
std::span<const Key<Hook>> hook_keys() { return hook_rows; }
std::span<const Key<Hook>> pre_start_keys() { return pre_start_rows; }

void specify_post_start(Specifier& to, const Node& list, const std::string& path, model::ServiceSpec& service) {
  service.post_start = hooks_of(to, list, path, hook_rows);
}
void specify_pre_start(Specifier& to, const Node& list, const std::string& path, model::ServiceSpec& service) {
  service.pre_start = hooks_of(to, list, path, pre_start_rows);
}
void specify_pre_stop(Specifier& to, const Node& list, const std::string& path, model::ServiceSpec& service) {
  service.pre_stop = hooks_of(to, list, path, hook_rows);
}

}  // namespace kontena::compose
