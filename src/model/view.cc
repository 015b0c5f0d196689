#include "kontena/model/view.h"

#include <cstdio>

#include "kontena/model/names.h"

namespace kontena::model {

std::string scoped_name(std::string_view project, std::string_view stack, std::string_view name) {
  std::string scoped;
  if (project != "default") scoped = std::string(project) + '.';
  return scoped.append(stack).append(1, '.').append(name);
}

std::string volume_name(const StackPath& path, std::string_view key, const VolumeSpec& volume) {
  if (volume.name.empty()) return volume.external ? std::string(key) : scoped_name(path.project, path.stack, key);
  return volume.external || path.project == "default" ? volume.name : path.project + '.' + volume.name;
}

namespace {

std::string eight_digits(std::int64_t revision) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "/%08lld", static_cast<long long>(revision));
  return digits;
}

}  // namespace

std::string revision_key(const ServicePath& path, std::int64_t revision) {
  return path.text() + eight_digits(revision);
}

std::string history_key(const StackPath& path, std::int64_t revision) { return path.text() + eight_digits(revision); }

std::string instance_key(const Instance& instance) { return instance.service_path().text() + '/' + *instance.id; }

std::string member_key(const Instance& instance, std::string_view network, std::string_view address) {
  return instance.grid + '/' + instance.project + '/' + std::string(network) + '/' + std::string(address) + '/' + *instance.id;
}

std::string binding_key(const Binding& binding) {
  // A provider may give groups any names.
  std::string subject;
  for (const char c : binding.subject) {
    if (c != '/' && c != '#' && c != '%') {
      subject += c;
      continue;
    }
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    subject += escaped;
  }
  return std::string(name(binding.kind)) + '/' + subject + '/' + binding.scope + '#' + binding.role;
}

std::string by_node_key(const Instance& instance) { return instance.grid + '/' + *instance.node + '/' + *instance.id; }

}  // namespace kontena::model
