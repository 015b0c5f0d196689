#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kontena/access/rights.h"

namespace kontena {

// Some people, and what they were given.
struct People {
  model::ClusterView view;

  void give(const std::string& subject, const std::string& role, const std::string& scope,
            model::SubjectKind kind = model::SubjectKind::user) {
    const model::Binding binding{.kind = kind, .subject = subject, .scope = scope, .role = role};
    view.bindings.put(model::binding_key(binding), binding);
  }
  access::Rights rights(const std::string& name, std::vector<std::string> groups = {}, access::Limit limit = {}) const {
    return {view, {.name = name, .groups = std::move(groups)}, std::move(limit)};
  }
};

}  // namespace kontena
