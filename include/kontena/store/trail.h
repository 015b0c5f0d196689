#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kontena/crypto/chain.h"
#include "kontena/model/grid.h"
#include "kontena/store/store.h"

// The audit trail as the store keeps it: "audit/NUMBER", its value "HASH TEXT", written by
// commits that have the text in `trail`.
namespace kontena::store {

inline constexpr std::string_view trail_prefix = "audit/";

std::string trail_key(std::int64_t number);  // 15 digits, so that they sort
std::optional<std::int64_t> trail_number(std::string_view key);
std::string trail_value(const crypto::Link&, std::string_view text);

// The link is what the entry says of itself. Code::corrupt where it says nothing.
struct Trailed {
  crypto::Link link;
  std::string_view text;  // in the entry
};
Result<Trailed> read_trail(const Entry&);

std::string audit_text(const model::AuditRecord&);  // what goes into Commit::trail
// The record, also where it is from before there was a chain: "audit/TIME/REQUEST".
Result<model::AuditRecord> read_audit(const Entry&);

// Brings such records into the chain, in their order, before anything else is added to
// it. May be cut off at any instant: done again, it goes on.
Status chain_old_records(Store&);

}  // namespace kontena::store
