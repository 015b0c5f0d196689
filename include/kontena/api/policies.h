#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/codec/people_fields.h"

// What a grid or a project may have of its hosts: shown and set.
namespace kontena::api {

struct PolicyAnswer {
  std::string project;  // "" = the grid's own
  model::Policy own;    // as it was set here
  std::map<std::string, bool> allow;                   // what counts: each switch
  std::optional<std::vector<std::string>> registries;  // absent = any
  std::map<std::string, std::int64_t> quotas;
  std::map<std::string, std::int64_t> used;  // of a project
};  // GET grid_policy, project_policy

// Of each name what is to be said from now on; null = nothing, so that what is above counts.
struct PolicyChange {
  std::map<std::string, std::optional<bool>> allow;
  std::map<std::string, std::optional<std::int64_t>> quotas;
  bool change_registries = false;
  std::optional<std::vector<std::string>> registries;
};  // POST grid_policy, project_policy

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::PolicyAnswer> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("own", s.own);
    v("allow", s.allow);
    v("registries", s.registries);
    v("quotas", s.quotas);
    v("used", s.used);
  }
};

template <>
struct Fields<api::PolicyChange> {
  static void visit(auto& v, auto& s) {
    v("allow", s.allow);
    v("quotas", s.quotas);
    v("change_registries", s.change_registries);
    v("registries", s.registries);
  }
};

}  // namespace kontena::codec
