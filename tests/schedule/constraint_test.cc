#include "kontena/schedule/constraint.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::schedule;

namespace {

const model::Node node{
    .id = NodeId("0123456789ab"), .name = "worker-1", .labels = {{"zone", "eu-1"}, {"a.b/c", "x=y"}}};
const model::NodeFacts facts{.os = "linux", .architecture = "amd64"};

bool met(std::string_view text) {
  const auto constraint = parse_constraint(text);
  REQUIRE(constraint);
  return meets(node, facts, *constraint);
}

}  // namespace

TEST_CASE("a constraint is an attribute, an operator and a value, with or without blanks") {
  for (const std::string_view text :
       {"node.labels.zone==eu-1", "node.labels.zone == eu-1", "  node.labels.zone  ==\teu-1 "}) {
    CAPTURE(text);
    const auto constraint = parse_constraint(text);
    REQUIRE(constraint);
    CHECK(*constraint == model::Constraint{"node.labels.zone", true, "eu-1"});
  }
  CHECK(*parse_constraint("node.hostname!=a") == model::Constraint{"node.hostname", false, "a"});
  CHECK(*parse_constraint("node.labels.x == a==b") == model::Constraint{"node.labels.x", true, "a==b"});
}

TEST_CASE("what is no constraint is refused with what one looks like") {
  for (const std::string_view text : {"", "node.id", "node.id=a", "==", "node.labels.zone~=eu", "=a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_constraint(text));
  }
  CHECK(parse_constraint("node.id=a").error().message ==
        "'node.id=a' is not a constraint, such as node.labels.zone==eu-1 or node.hostname!=a");
  CHECK(parse_constraint("node.id==").error().message == "constraint 'node.id==' has no value");
}

TEST_CASE("an unknown attribute is refused with the known ones") {
  CHECK(parse_constraint("node.zone==a").error().message ==
        "'node.zone' is not an attribute of nodes; there are node.id, node.hostname, node.role, "
        "node.platform.os, node.platform.arch, node.labels.NAME");
  CHECK_FALSE(check_attribute("node.labels."));
  CHECK_FALSE(check_attribute("zone"));
  CHECK(check_attribute("node.labels.zone"));
  CHECK(check_attribute("node.platform.arch"));
}

TEST_CASE("each attribute reads what the node has") {
  CHECK(attribute(node, facts, "node.id") == "0123456789ab");
  CHECK(attribute(node, facts, "node.hostname") == "worker-1");
  CHECK(attribute(node, facts, "node.platform.os") == "linux");
  CHECK(attribute(node, facts, "node.platform.arch") == "amd64");
  CHECK(attribute(node, facts, "node.labels.zone") == "eu-1");
  CHECK(attribute(node, facts, "node.labels.a.b/c") == "x=y");
  CHECK(attribute(node, facts, "node.labels.other") == "");
  CHECK(attribute(node, facts, "node.role") == "worker");
  model::Node first = node;
  first.labels["role"] = "manager";
  CHECK(attribute(first, facts, "node.role") == "manager");
}

TEST_CASE("a node meets == with the value and != with any other, a missing label too") {
  CHECK(met("node.labels.zone==eu-1"));
  CHECK_FALSE(met("node.labels.zone==eu-2"));
  CHECK(met("node.labels.zone!=eu-2"));
  CHECK(met("node.labels.other!=a"));
  CHECK_FALSE(met("node.labels.other==a"));
  CHECK_FALSE(met("node.hostname!=worker-1"));
}

TEST_CASE("an architecture may be given by the kernel's name or Docker's") {
  CHECK(met("node.platform.arch==x86_64"));
  CHECK(met("node.platform.arch==amd64"));
  CHECK_FALSE(met("node.platform.arch!=x86_64"));
  CHECK_FALSE(met("node.platform.arch==aarch64"));
}
