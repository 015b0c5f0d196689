// Every noun, filled, through JSON and back. What is not in its list of fields
// would get lost without a word: so the lists are counted against the structs.
#include "kontena/codec/fields.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <type_traits>

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

// Gives every field a value that it does not have by default.
struct Fill {
  void operator()(std::string_view, auto& field) { inside(field); }

  template <class T>
  void inside(T& value) {
    if constexpr (HasFields<T>)
      Fields<T>::visit(*this, value);
    else if constexpr (std::is_same_v<T, bool>)
      value = !value;
    else if constexpr (std::is_enum_v<T>)
      value = static_cast<T>(model::Names<T>::all.size() - 1 - static_cast<std::size_t>(value));
    else
      value += 1 + ++last;
  }
  void inside(std::string& text) { text += "text " + std::to_string(++last); }
  template <class Tag>
  void inside(Id<Tag>& id) {
    inside(id.text());
  }
  template <class T>
  void inside(std::vector<T>& list) {
    inside(list.emplace_back());
  }
  template <class T>
  void inside(std::map<std::string, T>& map) {
    inside(map["key " + std::to_string(++last)]);
  }
  template <class T>
  void inside(std::optional<T>& item) {
    inside(item.emplace());
  }

  int last = 0;
};

template <class T>
void check(const std::string& noun) {
  CAPTURE(noun);
  T sample;
  Fill().inside(sample);
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
    CHECK(one.dump() != other.dump());
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
  check<model::AssignedNetwork>("AssignedNetwork");
  check<model::Assignment>("Assignment");
  check<model::Assignments>("Assignments");
  check<model::Attachment>("Attachment");
  check<model::AuditRecord>("AuditRecord");
  check<model::Binding>("Binding");
  check<model::BlockDevice>("BlockDevice");
  check<model::BlockIo>("BlockIo");
  check<model::Checkpoint>("Checkpoint");
  check<model::Constraint>("Constraint");
  check<model::ContainerOptions>("ContainerOptions");
  check<model::Dependency>("Dependency");
  check<model::Deployment>("Deployment");
  check<model::Device>("Device");
  check<model::DeviceRequest>("DeviceRequest");
  check<model::Failure>("Failure");
  check<model::FileSpec>("FileSpec");
  check<model::FileUse>("FileUse");
  check<model::Grid>("Grid");
  check<model::HealthCheck>("HealthCheck");
  check<model::Hook>("Hook");
  check<model::Instance>("Instance");
  check<model::InstanceStatus>("InstanceStatus");
  check<model::Member>("Member");
  check<model::Mount>("Mount");
  check<model::Network>("Network");
  check<model::NetworkSpec>("NetworkSpec");
  check<model::Node>("Node");
  check<model::NodeFacts>("NodeFacts");
  check<model::NodeNetwork>("NodeNetwork");
  check<model::Peer>("Peer");
  check<model::Placing>("Placing");
  check<model::Policy>("Policy");
  check<model::Port>("Port");
  check<model::Project>("Project");
  check<model::PublishedPort>("PublishedPort");
  check<model::RemovedNode>("RemovedNode");
  check<model::Resources>("Resources");
  check<model::Restart>("Restart");
  check<model::Role>("Role");
  check<model::Service>("Service");
  check<model::ServiceRevision>("ServiceRevision");
  check<model::ServiceSpec>("ServiceSpec");
  check<model::Stack>("Stack");
  check<model::StackRevision>("StackRevision");
  check<model::StackSpec>("StackSpec");
  check<model::Token>("Token");
  check<model::Ulimit>("Ulimit");
  check<model::User>("User");
  check<model::Update>("Update");
  check<model::Volume>("Volume");
  check<model::VolumeSpec>("VolumeSpec");
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
  check_names<model::SubjectKind>();
}

}  // namespace kontena::codec
