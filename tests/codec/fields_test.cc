// Every noun, filled, through JSON and back. What is not in its list of fields
// would get lost without a word: so the lists are counted against the structs.
#include "kontena/codec/fields.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "support/samples.h"

namespace kontena::codec {
namespace {

// Stands for a value of any type when the members of a struct are counted.
struct Any {
  template <class T>
  operator T() const;
};

template <class T, class... Members>
constexpr std::size_t count_members() {
  if constexpr (requires { T{Members{}..., Any{}}; })
    return count_members<T, Members..., Any>();
  else
    return sizeof...(Members);
}

// Counts the fields of T and of all that it is made of.
struct Count {
  void operator()(std::string_view, const auto& field) { inside(field); }

  template <class T>
  void inside(const T& value) {
    if constexpr (HasFields<T>) {
      std::size_t listed = 0;
      std::set<std::string> names;
      auto each = [&](std::string_view key, const auto& field) {
        ++listed;
        names.insert(std::string(key));
        inside(field);
      };
      Fields<T>::visit(each, value);
      CHECK(listed == count_members<T>());
      CHECK(names.size() == listed);
    }
  }
  template <class T>
  void inside(const std::vector<T>&) {
    inside(T{});
  }
  template <class T>
  void inside(const std::map<std::string, T>&) {
    inside(T{});
  }
  template <class T>
  void inside(const std::optional<T>&) {
    inside(T{});
  }
};

// The samples leave these as they are by default, so that they are valid.
const std::set<std::string> at_default{"Attachment.ipv4_address",  "NetworkSpec.external", "ServiceSpec.container_name",
                                       "ServiceSpec.mode",         "ServiceSpec.network_mode", "VolumeSpec.driver",
                                       "VolumeSpec.external"};

template <class T>
void check(const std::string& noun, const T& sample) {
  CAPTURE(noun);
  Count().inside(sample);

  const std::string json = to_json(sample);
  const auto back = from_json<T>(json);
  if (!back) FAIL(back.error().message);
  CHECK(to_json(*back) == json);
  if constexpr (requires { sample == sample; }) CHECK(*back == sample);

  const auto filled = Document::parse(json);
  const auto empty = Document::parse(to_json(T{}));
  std::size_t fields = 0;
  auto each = [&](std::string_view key, const auto&) {
    CAPTURE(key);
    ++fields;
    // All fields are written, always.
    REQUIRE(find(filled->root(), key));
    REQUIRE(find(empty->root(), key));
    Document one, other;
    copy(one.root(), *find(filled->root(), key));
    copy(other.root(), *find(empty->root(), key));
    if (!at_default.contains(noun + '.' + std::string(key))) CHECK(one.dump() != other.dump());
  };
  Fields<T>::visit(each, sample);
  CHECK(members(filled->root()).size() == fields);

  // An older writer leaves members out, a newer one adds some.
  const auto from_older = from_json<T>("{}");
  REQUIRE(from_older);
  CHECK(to_json(*from_older) == to_json(T{}));
  const auto from_newer = from_json<T>("{\"a_later_field\":[1]," + json.substr(1));
  REQUIRE(from_newer);
  CHECK(to_json(*from_newer) == json);
}

template <class E>
void check_names() {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < model::Names<E>::all.size(); ++i) {
    const auto value = static_cast<E>(i);
    seen.insert(model::name(value));
    CHECK(*from_json<E>(to_json(value)) == value);
  }
  CHECK(seen.size() == model::Names<E>::all.size());
}

}  // namespace

TEST_CASE("every noun comes back from JSON as it was") {
  const auto spec = samples::service_spec();
  check("Port", spec.ports.front().protocol == "tcp" ? model::Port{8080, 80, "udp", "192.0.2.7"} : spec.ports.front());
  check("Mount", model::Mount{model::MountKind::bind, "/data", "/srv", true, true});
  check("Attachment", spec.networks.front());
  check("HealthCheck", samples::health_check());
  check("Dependency", spec.depends_on.at("db"));
  check("Restart", spec.restart);
  check("Resources", spec.limits);
  check("Constraint", spec.placing.constraints.front());
  check("Placing", spec.placing);
  check("ServiceSpec", spec);
  check("VolumeSpec", samples::volume_spec());
  check("NetworkSpec", samples::network_spec());
  check("StackSpec", samples::stack_spec());
  check("Network", samples::network());
  check("AssignedNetwork", samples::assigned_network());
  check("NodeNetwork", samples::node_network());
  check("Member", samples::member());
  check("Peer", samples::peer());
  check("Stack", samples::stack());
  check("Service", samples::service());
  check("ServiceRevision", samples::service_revision());
  check("Volume", samples::volume());
  check("Node", samples::node());
  check("NodeFacts", samples::node_facts());
  check("Instance", samples::instance());
  check("PublishedPort", samples::instance_status().ports.front());
  check("InstanceStatus", samples::instance_status());
  check("Deployment", samples::deployment());
  check("Grid", samples::grid());
  check("Project", samples::project());
  check("Token", [] {
    auto token = samples::token();
    token.kind = model::TokenKind::access;
    return token;
  }());
  check("AuditRecord", samples::audit_record());
  check("Assignment", samples::assignment());
  check("Assignments", samples::assignments());
}

TEST_CASE("the fields that the samples leave at their defaults come back too") {
  auto spec = samples::service_spec();
  spec.mode = model::Mode::global;
  CHECK(from_json<model::ServiceSpec>(to_json(spec))->mode == model::Mode::global);
  spec.network_mode = "host";
  spec.networks[0].ipv4_address = "172.28.0.7";
  CHECK(*from_json<model::ServiceSpec>(to_json(spec)) == spec);
  const model::NetworkSpec network{.name = "public", .external = true};
  CHECK(*from_json<model::NetworkSpec>(to_json(network)) == network);
  auto volume = samples::volume_spec();
  volume.driver = "nfs";
  volume.external = true;
  CHECK(*from_json<model::VolumeSpec>(to_json(volume)) == volume);
}

TEST_CASE("what is absent and what is empty stay apart") {
  model::ServiceSpec spec;
  CHECK(from_json<model::ServiceSpec>(to_json(spec)).has_value());
  CHECK(!from_json<model::ServiceSpec>(to_json(spec))->entrypoint);
  spec.entrypoint.emplace();
  const auto back = from_json<model::ServiceSpec>(to_json(spec));
  REQUIRE(back->entrypoint);
  CHECK(back->entrypoint->empty());
  CHECK(to_json(spec).find("\"entrypoint\":[]") != std::string::npos);
  CHECK(to_json(spec).find("\"command\":null") != std::string::npos);
  CHECK(to_json(spec).find("\"ports\":[]") != std::string::npos);
  CHECK(to_json(spec).find("\"environment\":{}") != std::string::npos);
}

TEST_CASE("every value of every enum comes back by its name") {
  check_names<model::MountKind>();
  check_names<model::Condition>();
  check_names<model::RestartWhen>();
  check_names<model::Mode>();
  check_names<model::PullPolicy>();
  check_names<model::StackWanted>();
  check_names<model::Availability>();
  check_names<model::NodeState>();
  check_names<model::Desired>();
  check_names<model::InstanceState>();
  check_names<model::Health>();
  check_names<model::DeploymentState>();
  check_names<model::TokenKind>();
}

}  // namespace kontena::codec
