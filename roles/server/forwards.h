#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/store/table.h"

// Where lines of logs are sent on to: kept here, done by the agents. Few and seldom asked for: in no view.
namespace kontena::server {

struct Forward {
  std::string grid, project, name;  // project "" = of the grid
  std::string to;
  std::string ca_pem;
  std::int64_t place_ms = 0;  // when that grid or project was made: one of the same name that was made anew has none of it
  std::int64_t created_ms = 0;
  std::string created_by;
  std::vector<std::string> headers;  // their names
  std::string digest;                // of what is sealed: their values. "" = there are none
  std::string scope() const { return grid + '/' + project; }  // of that
};
inline constexpr store::Table<Forward> forwards{"forwards"};  // GRID/PROJECT/NAME; GRID//NAME of the grid itself

// Those under "GRID/" or "GRID/PROJECT/". A damaged one is left out, and said in the log.
Result<std::vector<Forward>> forwards_of(store::Store&, const std::string& prefix);

// What is sealed of forwards, digests by scope. An error where a record cannot be read: it may have any.
Result<std::map<std::string, std::set<std::string>>> sealed_of_forwards(store::Store&);

// With a grid ("GRID/") or a project ("GRID/PROJECT/") go its forwards.
Status drop_forwards(store::Store&, const std::string& prefix, store::Commit&);

}  // namespace kontena::server

namespace kontena::codec {

template <>
struct Fields<server::Forward> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("to", s.to);
    v("ca_pem", s.ca_pem);
    v("place_ms", s.place_ms);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
    v("headers", s.headers);
    v("digest", s.digest);
  }
};

}  // namespace kontena::codec
