#pragma once

#include "kontena/model/validate.h"
#include "support/samples.h"

// What is wrong with the sample stack once something of it is changed: "PATH: WHAT", a line each.
// It has no links, which would be wrong along with much else.
namespace kontena::model {

inline std::string text(const StackSpec& stack) {
  std::string text;
  for (const Problem& problem : validate(stack)) text += problem.path + ": " + problem.what + '\n';
  return text;
}

std::string with_stack(auto&& change) {
  StackSpec stack = samples::stack_spec();
  stack.services["web"].links = {};
  change(stack);
  return text(stack);
}

std::string with_service(const char* name, auto&& change) {
  return with_stack([&](StackSpec& stack) { change(stack.services[name]); });
}

}  // namespace kontena::model
