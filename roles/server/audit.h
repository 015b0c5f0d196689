#pragma once

#include <map>
#include <set>
#include <string>

#include "kontena/base/synced.h"
#include "routes.h"

// What the trail has of a request.
namespace kontena::server {

// Who, from where, when; the place is that of the path. Never anything of the body.
model::AuditRecord audit_record(const Call&, std::string_view verb, const std::string& resource,
                                std::string_view outcome);

// Adds the record of a change to its commit, with the digests of what it is about before
// and after. The commit rests on that record as it was read for this.
Status record_change(const Context&, const Route&, const Call&, Change&);

// Notes an attempt that is refused, whether what it was about is there or not.
void note_refused(Context&, const Route&, const Call&, const Error&);

// Where tokens were used from, as far as this server remembers. Safe from any thread.
class TokenAddresses {
 public:
  // Whether the token was not used from there before. REQUIRES: the token is right.
  bool is_new(const model::Token&, const std::string& from);

 private:
  static constexpr std::size_t most_tokens = 10'000;
  static constexpr std::size_t most_addresses = 8;  // of one; then it begins anew
  Synced<std::map<std::string, std::set<std::string>>> seen_;
};

}  // namespace kontena::server
