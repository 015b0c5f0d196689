#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/crypto/chain.h"
#include "kontena/model/grid.h"
#include "kontena/pki/authority.h"

// The audit trail outside the store: what `audit export` writes and `audit verify` reads,
// lines of JSON that can be verified alone:
//
//   {"kontena_audit":1,"made_ms":…,"authority":PEM,"cut":CHECKPOINT or absent}
//   {"checkpoint":{"number":…,"hash":…,"at_ms":…,"signature":…}}            all there are
//   {"number":1,"hash":…,"format":1,"record":{…}}                            in order
//   {"end":CHECKPOINT}                                    of the newest record, made then
//
// A hash is SHA-256 of "HASH-BEFORE\nNUMBER\nFORMAT RECORD", the record byte for byte as
// the line has it; before the first it is 64 zeros, or the cut's.
namespace kontena::api {

// What is signed by the authority: that the trail was so up to a number, or that all up
// to there was cut off because it had become old.
enum class Signed { checkpoint, cut };
Result<model::Checkpoint> sign_checkpoint(const pki::Authority&, const crypto::Link&, Time, Signed);
Status check_checkpoint(const std::string& authority_pem, const model::Checkpoint&, Signed);

// Holds records against the chain and against what was signed. Errors are Code::corrupt and
// name the first record that is not as it was.
class TrailCheck {
 public:
  explicit TrailCheck(std::string authority_pem) : authority_(std::move(authority_pem)) {}

  Status cut(const model::Checkpoint&);         // at the very beginning
  Status checkpoint(const model::Checkpoint&);  // before the records
  Status record(const crypto::Link& said, std::string_view text);
  Status end(const crypto::Link& known);  // where it has to have come to

  const crypto::Link& at() const { return at_; }
  std::int64_t records() const { return records_; }
  std::int64_t checkpoints() const { return checkpoints_; }

 private:
  std::string authority_;
  crypto::Link at_;
  std::map<std::int64_t, model::Checkpoint> signed_;  // that are still to be met
  std::int64_t records_ = 0;
  std::int64_t checkpoints_ = 0;
};

// The lines, each with its end.
std::string trail_head(Time made, const std::string& authority_pem, const std::optional<model::Checkpoint>& cut);
std::string trail_checkpoint(const model::Checkpoint&);
std::string trail_record(const crypto::Link&, std::string_view text);
std::string trail_damaged(std::string_view key);  // of what cannot be read at all
std::string trail_end(const model::Checkpoint&);

// Takes the bytes as they come, in pieces of any size.
class TrailReader {
 public:
  // "" = the authority that the lines name themselves: who verifies has to know it.
  explicit TrailReader(std::string authority_pem) : authority_(std::move(authority_pem)), check_(authority_) {}

  // What another copy was signed for: to be called first, it has to be in this one as well.
  void expect(const model::Checkpoint& checkpoint) { expected_.push_back(checkpoint); }

  Status feed(std::string_view bytes);
  Status finish();  // after the last byte

  const TrailCheck& check() const { return check_; }
  const std::string& authority() const { return authority_; }
  // The newest that is signed in it, to be held against other copies.
  const std::optional<model::Checkpoint>& newest() const { return newest_; }

 private:
  Status line(std::string_view text);
  Status head(std::string_view text);

  std::string authority_;
  TrailCheck check_;
  std::vector<model::Checkpoint> expected_;
  std::string pending_;
  bool begun_ = false;
  bool ended_ = false;
  std::optional<model::Checkpoint> newest_;
};

}  // namespace kontena::api
