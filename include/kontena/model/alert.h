#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "kontena/model/alert_spec.h"
#include "kontena/model/names.h"

// What people are to be told of by itself, and how.
namespace kontena::model {

// A rule: of a project, about its services; or of a grid itself (no project), about its nodes.
struct AlertRule {
  std::string grid;
  std::string project;  // "" = of the grid
  std::string name;
  AlertKind kind = AlertKind::unhealthy;
  std::string stack;    // "" = of any
  std::string service;  // "" = of any; with a stack only
  std::int64_t for_ms = 0;  // that it must be so before anyone is told; of a log: in which its lines are counted
  Strings webhooks;         // names; none = all of the rule's place
  std::int64_t silent_until_ms = 0;  // nobody is told until then; 0 = they are
  std::string silent_why;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::int64_t limit = 0;   // what it is depends on the kind: AlertKindRow
  std::string pattern;      // of a log
  std::string of_stack;     // whose Compose file asks for it; "" = a command did
};

// Where notices go. The URL, which often has a token in it, is sealed with the key that notices are signed with.
struct Webhook {
  std::string grid;
  std::string project;  // "" = of the grid
  std::string name;
  std::string host;     // of its URL, for people
  std::string ca_pem;   // the authorities trusted; "" = those of the server's host
  std::string digest;   // of what is sealed, as SecretVersion::digest
  std::int64_t created_ms = 0;
  std::string created_by;
};

// That a webhook has taken a notice.
struct Told {
  bool firing = false;  // else that it is over
  std::int64_t at_ms = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

// A rule and what it is about: kept from when it fires until its end was told.
struct AlertState {
  std::string grid;
  std::string project;
  std::string rule;
  std::string subject;  // "shop/web", "shop", "n2"
  std::string summary;  // one line for people
  std::int64_t since_ms = 0;     // that it is so
  std::int64_t fired_ms = 0;
  std::int64_t resolved_ms = 0;  // 0 = it is still so
  std::int64_t acked_ms = 0;     // 0 = nobody has said that they know
  std::string acked_by;
  std::map<std::string, Told> told;  // by name of the webhook: the last thing that it took
  friend bool operator==(const AlertState&, const AlertState&) = default;
};

std::string alert_key(const AlertRule&);    // GRID/PROJECT/NAME, GRID//NAME
std::string alert_key(const AlertState&);   // GRID/PROJECT/RULE/SUBJECT

}  // namespace kontena::model
