#pragma once

#include <span>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::client {

struct Session;  // where to call, as whom, and where to print

struct Option {
  std::string_view name;   // "--file"
  std::string_view brief;  // "-f"; "" = none
  std::string_view value;  // "FILE"; "" = a switch
  std::string_view help;
  std::string_view variable = {};  // its twin in the environment
  bool many = false;               // may be given more than once
};

// One row a command. Help, completion and the checks of arguments are made from it.
struct Command {
  std::string_view words;      // "stack deploy"
  std::string_view arguments;  // "STACK [NODE]...": [] = may be left out, ... = one or more
  std::string_view help;       // one line, an imperative
  std::string_view text;       // paragraphs; may be empty
  std::string_view examples;   // a line each: what to type, two blanks or more, what it does
  std::span<const Option> options;
  Result<int> (*run)(Session&);  // the exit status
};

}  // namespace kontena::client
