#pragma once

#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/model/grid.h"

namespace kontena::api {

struct ProjectList {
  std::vector<model::Project> projects;
};  // GET projects

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::ProjectList> {
  static void visit(auto& v, auto& s) { v("projects", s.projects); }
};

}  // namespace kontena::codec
