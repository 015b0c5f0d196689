#pragma once

#include "specify.h"

// Stage two of what the engine is told of a container, and nobody else looks at.
namespace kontena::compose {

void read_option(const Node&, bool&);
void read_option(const Node&, std::optional<bool>&);
void read_option(const Node&, std::int64_t&);
void read_option(const Node&, std::optional<std::int64_t>&);
void read_option(const Node&, std::string&);
void read_option(const Node&, model::Strings&);
void read_option(const Node&, model::StringMap&);

// Options are there only where one of them is not the engine's own.
template <class T>
void set_option(model::ServiceSpec& spec, T model::ContainerOptions::*field, T value) {
  if (!spec.options && value == T{}) return;
  if (!spec.options) spec.options.emplace();
  (*spec.options).*field = std::move(value);
  if (*spec.options == model::ContainerOptions{}) spec.options.reset();
}

template <auto Field>
struct IntoOption;
template <class T, T model::ContainerOptions::*Field>
struct IntoOption<Field> {
  static void set(Specifier&, const Node& value, const std::string&, model::ServiceSpec& spec) {
    T read{};
    read_option(value, read);
    set_option(spec, Field, std::move(read));
  }
};
template <auto Field>
constexpr auto option = &IntoOption<Field>::set;

void specify_block_io(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_cpus(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_memory_limit(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_memory_reservation(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_swap(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_pids_limit(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_devices(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_gpus(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_device_requests(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_dns(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_exposed(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_extra_hosts(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_logging(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_security(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_tmpfs(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_ulimits(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_userns(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_uts(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);

// What options of a mount go with its type.
void check_mount(Specifier&, const Node& item, const std::string& path, model::Mount&);
// Once all is specified: labels that a mount gives to a volume of the stack.
void label_volumes(Specifier&);

// "0.5" → 500,000,000; notes what is no number of cores.
std::int64_t nano_cpus_of(Specifier&, const Node&, const std::string& path);

}  // namespace kontena::compose
