#include "specify_together.h"

#include <algorithm>

#include "kontena/model/together.h"
#include "specify.h"

namespace kontena::compose {
namespace {

using model::ServiceSpec;

constexpr std::string_view outside = "names a container outside the stack, which may be on any node or on none";

// Notes what is wrong with a mode; true where it can be had.
bool is_mode(Specifier& to, const Node& value, const std::string& path, std::initializer_list<std::string_view> known,
             std::string_view what) {
  const std::string& mode = value.text;
  if (std::ranges::find(known, mode) != known.end() || (mode.starts_with("service:") && mode.size() > 8)) return true;
  std::string choice;
  for (const std::string_view one : known) choice.append(one).append(", ");
  if (mode.starts_with("container:"))
    to.notes.problem(value.at, path, "'" + mode + "' " + std::string(outside),
                     "name a service of the stack: service:NAME");
  else
    to.notes.problem(value.at, path, (mode.empty() ? "is empty" : "'" + mode + "' is no " + std::string(what)),
                     choice + "or service:NAME");
  return false;
}

model::ContainerOptions& options_of(ServiceSpec& spec) {
  if (!spec.options) spec.options.emplace();
  return *spec.options;
}

// Others join it, which an engine allows only where it is told so.
void make_shareable(model::StackSpec& stack) {
  for (const auto& [name, spec] : stack.services) {
    const std::string with = spec.options ? model::service_in(spec.options->ipc) : "";
    const auto other = stack.services.find(with);
    if (other == stack.services.end() || other == stack.services.find(name)) continue;
    if (std::string& ipc = options_of(other->second).ipc; ipc.empty()) ipc = "shareable";
  }
}

}  // namespace

void specify_shared_network(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (is_mode(to, value, path, {"host", "none", "bridge"}, "network mode")) service.network_mode = value.text;
}

void specify_ipc(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (is_mode(to, value, path, {"host", "private", "shareable", "none"}, "ipc mode"))
    options_of(service).ipc = value.text;
}

void specify_pid(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (is_mode(to, value, path, {"host"}, "pid mode")) options_of(service).pid = value.text;
}

void specify_volumes_from(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    const std::size_t colon = item.text.find(':');
    const std::string how = colon == std::string::npos ? "" : item.text.substr(colon);
    if (item.text.starts_with("container:"))
      to.notes.problem(item.at, under(path, i), "'" + item.text + "' " + std::string(outside),
                       "name a service of the stack");
    else if (!how.empty() && how != ":ro" && how != ":rw")
      to.notes.problem(item.at, under(path, i), "'" + how.substr(1) + "' is no way to mount", "ro or rw");
    else
      service.volumes_from.push_back(item.text);
  }
}

void check_together(Specifier& to) {
  make_shareable(to.spec);
  for (const model::WrongTogether& wrong : model::wrong_together(to.spec)) {
    const std::string path = under("services", wrong.service);
    const Member& service = *to.root.find("services")->member(wrong.service);
    const Member* field = service.value.member(wrong.field);
    if (!field) {  // the user wrote it elsewhere, or it was made by us
      to.notes.problem(service.at, path, wrong.what);
      continue;
    }
    const std::string at = under(path, wrong.field);
    if (wrong.field != "volumes_from") {
      to.notes.problem(field->at, at, wrong.what);
      continue;
    }
    for (std::size_t i = 0; i < field->value.items.size(); ++i)
      if (model::volumes_from(field->value.items[i].text).service == wrong.with)
        to.notes.problem(field->value.items[i].at, under(at, i), wrong.what);
  }
}

}  // namespace kontena::compose
