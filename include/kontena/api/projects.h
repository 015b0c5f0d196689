#pragma once

#include <vector>

#include "kontena/api/people.h"
#include "kontena/codec/fields.h"
#include "kontena/model/grid.h"

namespace kontena::api {

struct ProjectList {
  std::vector<model::Project> projects;
};  // GET projects

struct ProjectDetail {  // as clients show one
  model::Project project;
  std::vector<std::string> stacks;
  std::vector<std::string> networks;  // that are of no stack
  std::vector<BindingSummary> bindings;
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::ProjectList> {
  static void visit(auto& v, auto& s) { v("projects", s.projects); }
};
template <>
struct Fields<api::ProjectDetail> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("stacks", s.stacks);
    v("networks", s.networks);
    v("bindings", s.bindings);
  }
};

}  // namespace kontena::codec
