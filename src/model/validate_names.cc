// Names that a stack gives its services besides their own: links, container names, and its own name.
#include <algorithm>

#include "kontena/base/text.h"
#include "validate.h"

namespace kontena::model {
namespace {

// What can be asked for: labels of 1 to 63, in all at most 200, which leaves room for the domain.
bool is_asked_for(std::string_view name) {
  if (name.empty() || name.size() > 200) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    const std::string_view label = name.substr(begin, end - begin);
    const bool fits = std::ranges::all_of(label, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (label.empty() || label.size() > 63 || !fits) return false;
    begin = end + 1;
  }
  return true;
}

std::string no_name(std::string_view name) {
  return quoted(name) + " cannot be asked for: parts of 1 to 63 letters, digits, '_' and '-', with '.' between them";
}

bool share_a_network(const ServiceSpec& one, const ServiceSpec& other) {
  return std::ranges::any_of(one.networks, [&](const Attachment& attachment) {
    return std::ranges::find(other.networks, attachment.network, &Attachment::network) != other.networks.end();
  });
}

std::string wrong_link(const StackSpec& stack, const ServiceSpec& service, const std::string& alias,
                       const std::string& to) {
  if (!is_asked_for(alias)) return no_name(alias);
  const auto other = stack.services.find(to);
  if (other == stack.services.end()) return "the stack has no service " + quoted(to);
  if (to == service.name) return "the service is linked to itself";
  if (!service.network_mode.empty())
    return "with network_mode " + service.network_mode + " the service is not told names of the cluster";
  if (!share_a_network(service, other->second)) return "the service shares no network with " + quoted(to);
  const auto same = [&](const auto& link) { return text::lower(link.first) == text::lower(alias); };
  const auto first = std::ranges::find_if(service.links, same);
  return first->first == alias ? "" : quoted(alias) + " is there twice: case does not count";
}

std::string wrong_container_name(const ServiceSpec& service) {
  if (!is_asked_for(service.container_name)) return no_name(service.container_name);
  constexpr std::string_view rule = ", and a container's name is that of one";
  if (service.mode == Mode::global) return "a global service has a container on every node" + std::string(rule);
  if (service.replicas > 1)
    return "the service has " + std::to_string(service.replicas) + " containers" + std::string(rule);
  return "";
}

std::string wrong_exposed(const StackSpec& stack) {
  const auto service = stack.services.find(stack.exposed);
  if (service == stack.services.end()) return "the stack has no service " + quoted(stack.exposed);
  if (!service->second.network_mode.empty())
    return "service " + quoted(stack.exposed) + " has network_mode " + service->second.network_mode +
           ", and so no names in the cluster";
  if (stack.exposed != stack.name && stack.services.contains(stack.name))
    return "it would be known by the stack's name, which is that of service " + quoted(stack.name);
  return "";
}

}  // namespace

std::vector<WrongName> wrong_names(const StackSpec& stack) {
  std::vector<WrongName> wrong;
  const auto note = [&](const std::string& service, const char* field, const std::string& name, std::string what) {
    if (!what.empty()) wrong.push_back({service, field, name, std::move(what)});
  };
  std::map<std::string, std::string> owners;  // of container names
  for (const auto& [name, service] : stack.services) {
    for (const auto& [alias, to] : service.links) note(name, "links", alias, wrong_link(stack, service, alias, to));
    if (service.container_name.empty()) continue;
    note(name, "container_name", service.container_name, wrong_container_name(service));
    const auto [other, is_new] = owners.try_emplace(text::lower(service.container_name), name);
    if (!is_new)
      note(name, "container_name", service.container_name,
           quoted(service.container_name) + " is that of service " + quoted(other->second) + " too");
  }
  if (!stack.exposed.empty()) note("", "exposed", stack.exposed, wrong_exposed(stack));
  return wrong;
}

void check_names(Problems& problems, const StackSpec& stack) {
  for (const auto& [name, service] : stack.services)
    problems.expect(service.links.size() <= most_entries, "services." + name + ".links",
                    "are more than " + std::to_string(most_entries));
  for (WrongName& wrong : wrong_names(stack)) {
    std::string path = wrong.service.empty() ? wrong.field : "services." + wrong.service + '.' + wrong.field;
    if (wrong.field == "links") path += '.' + quoted(wrong.name);
    problems.add(std::move(path), std::move(wrong.what));
  }
}

}  // namespace kontena::model
