#pragma once

#include "keys.h"

// Stage two of single keys. Each is a Specify of what its last argument is; all
// may count on the canonical form.
namespace kontena::compose {

// All of the document, with what only the whole can tell.
void specify_all(Specifier&);

void specify_services(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_networks(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_volumes(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_alerts(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_stack_own(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_stack_name(Specifier&, const Node&, const std::string& path, model::StackSpec&);

void specify_command(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_entrypoint(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_environment(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_stop_grace_period(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_pull_policy(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_restart(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_scale(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_ports(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_mounts(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_attachments(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_depends_on(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_links(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_build(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_health(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);

// Ports have no effect with a network mode that publishes none.
void drop_unpublished(Specifier&, const Node& service, const std::string& path, model::ServiceSpec&);
// Likewise a container's name.
void drop_unheard(Specifier&, const Node& service, const std::string& path, model::ServiceSpec&);
// What is not as on one machine.
void remark(Specifier&);
// Once all is specified: names, since they hang on other services.
void check_names(Specifier&);
// Likewise: a static address hangs on the network and on how many instances there are.
void check_static_addresses(Specifier&);

void specify_deploy(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_mode(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_replicas(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_placement(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_constraints(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_preferences(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_resources(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_limits(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_reservations(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_restart_policy(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_condition(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_attempts(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_restart_delay(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_restart_window(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_own(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);

void specify_post_start(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_pre_start(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_pre_stop(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);

void specify_update(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_parallelism(Specifier&, const Node&, const std::string& path, model::Update&);
void specify_update_delay(Specifier&, const Node&, const std::string& path, model::Update&);
void specify_failure_action(Specifier&, const Node&, const std::string& path, model::Update&);
void specify_monitor(Specifier&, const Node&, const std::string& path, model::Update&);
void specify_order(Specifier&, const Node&, const std::string& path, model::Update&);
void specify_failure_ratio(Specifier&, const Node&, const std::string& path, model::Update&);

// What a row has been read for already, elsewhere.
template <class Spec>
void nothing(Specifier&, const Node&, const std::string&, Spec&) {}

std::vector<std::string> texts_of(const Node& list);
std::map<std::string, std::string> map_of(const Node& map);
std::int64_t integer_of(const Node&);
std::int64_t milliseconds_of(const Node&);
double real_of(const Node&);

// The common rows: the value as it is, into a member.
template <auto Field>
struct Into;
template <class Spec, std::string Spec::*Field>
struct Into<Field> {
  static void set(Specifier&, const Node& value, const std::string&, Spec& spec) { spec.*Field = value.text; }
};
template <class Spec, bool Spec::*Field>
struct Into<Field> {
  static void set(Specifier&, const Node& value, const std::string&, Spec& spec) { spec.*Field = value.text == "true"; }
};
template <class Spec, std::int64_t Spec::*Field>
struct Into<Field> {
  static void set(Specifier&, const Node& value, const std::string&, Spec& spec) { spec.*Field = integer_of(value); }
};
template <class Spec, std::vector<std::string> Spec::*Field>
struct Into<Field> {
  static void set(Specifier&, const Node& value, const std::string&, Spec& spec) { spec.*Field = texts_of(value); }
};
template <class Spec, std::map<std::string, std::string> Spec::*Field>
struct Into<Field> {
  static void set(Specifier&, const Node& value, const std::string&, Spec& spec) { spec.*Field = map_of(value); }
};
template <auto Field>
constexpr auto into = &Into<Field>::set;

}  // namespace kontena::compose
