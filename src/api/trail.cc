#include "kontena/api/trail.h"

#include "kontena/base/text.h"
#include "kontena/codec/fields.h"
#include "kontena/codec/json.h"

namespace kontena::api {
namespace {

constexpr std::size_t longest_line = 4u << 20;
constexpr std::int64_t format = 1;

std::string text_of(const model::Checkpoint& c, Signed what) {
  return std::string("kontena audit ") + (what == Signed::cut ? "cut" : "checkpoint") + " 1\n" +
         std::to_string(c.number) + '\n' + c.hash + '\n' + std::to_string(c.at_ms) + '\n';
}

Error broken(std::int64_t number, const std::string& what) {
  return {Code::corrupt, "record " + std::to_string(number) + ": " + what,
          "somebody, or a damaged disk, has changed the audit trail; compare it with an earlier export or a backup"};
}

std::string when(const model::Checkpoint& c) { return "the checkpoint of " + text::rfc3339(from_ms(c.at_ms)); }

Error not_ours() {
  return {Code::corrupt, "this is not an export of an audit trail", "make one: kontena client audit export FILE"};
}

Result<model::Checkpoint> checkpoint_in(codec::Element element) {
  model::Checkpoint read;
  KTN_OK(codec::take(element, read));
  return read;
}

}  // namespace

Result<model::Checkpoint> sign_checkpoint(const pki::Authority& authority, const crypto::Link& link, Time now,
                                          Signed what) {
  model::Checkpoint made{link.number, link.hash, to_ms(now), {}};
  KTN_TRY(const std::string signature, authority.sign_text(text_of(made, what)));
  made.signature = text::base64(signature);
  return made;
}

Status check_checkpoint(const std::string& authority_pem, const model::Checkpoint& checkpoint, Signed what) {
  const auto signature = text::unbase64(checkpoint.signature);
  if (signature && pki::check_signature(authority_pem, text_of(checkpoint, what), *signature)) return Done{};
  return broken(checkpoint.number, when(checkpoint) + " is not signed by this cluster's authority");
}

Status TrailCheck::cut(const model::Checkpoint& cut) {
  KTN_OK(check_checkpoint(authority_, cut, Signed::cut));
  at_ = {cut.number, cut.hash};
  return Done{};
}

Status TrailCheck::checkpoint(const model::Checkpoint& checkpoint) {
  KTN_OK(check_checkpoint(authority_, checkpoint, Signed::checkpoint));
  ++checkpoints_;
  // What was cut off since cannot be looked at any more, but for the last of it.
  if (checkpoint.number < at_.number) return Done{};
  const auto [other, fresh] = signed_.emplace(checkpoint.number, checkpoint);
  if (other->second.hash != checkpoint.hash || (checkpoint.number == at_.number && at_.hash != checkpoint.hash))
    return broken(checkpoint.number, when(checkpoint) + " knows another record of this number");
  return Done{};
}

Status TrailCheck::record(const crypto::Link& said, std::string_view text) {
  if (said.number > at_.number + 1)
    return broken(at_.number + 1, "it is missing, what follows is record " + std::to_string(said.number));
  if (said.number <= at_.number) return broken(said.number, "it is there twice");
  const crypto::Link next = crypto::link(at_, text);
  if (next.hash != said.hash) return broken(next.number, "it is not as it was written");
  at_ = next;
  ++records_;
  if (const auto met = signed_.find(at_.number); met != signed_.end()) {
    if (met->second.hash != at_.hash)
      return broken(at_.number, "it, or one before it, was written anew: " + when(met->second) + " knows another");
    signed_.erase(met);
  }
  return Done{};
}

Status TrailCheck::end(const crypto::Link& known) {
  const auto lacks = [&](const std::string& who, std::int64_t number) {
    return broken(at_.number + 1, "the end was cut off: there is nothing behind record " + std::to_string(at_.number) +
                                      ", and " + who + " knows record " + std::to_string(number));
  };
  signed_.erase(signed_.begin(), signed_.upper_bound(at_.number));
  if (!signed_.empty()) return lacks(when(signed_.rbegin()->second), signed_.rbegin()->first);
  if (known.number > at_.number) return lacks("the server", known.number);
  if (!(known == at_)) return broken(at_.number, "the server knows another end of the trail");
  return Done{};
}

std::string trail_head(Time made, const std::string& authority_pem, const std::optional<model::Checkpoint>& cut) {
  codec::Document line;
  codec::put(codec::member(line.root(), "kontena_audit"), format);
  codec::put(codec::member(line.root(), "made_ms"), to_ms(made));
  codec::put(codec::member(line.root(), "authority"), authority_pem);
  if (cut) codec::put(codec::member(line.root(), "cut"), *cut);
  return line.dump() + '\n';
}

std::string trail_checkpoint(const model::Checkpoint& checkpoint) {
  return R"({"checkpoint":)" + codec::to_json(checkpoint) + "}\n";
}

std::string trail_record(const crypto::Link& link, std::string_view text) {
  const auto blank = text.find(' ');
  const auto number = text::integer(text.substr(0, blank));
  const std::string begin = R"({"number":)" + std::to_string(link.number) + R"(,"hash":")" + link.hash + '"';
  // What is no record is there as text: its hash will tell.
  const std::string_view record = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  if (number && record.starts_with('{') && record.ends_with('}') && record.find('\n') == std::string_view::npos)
    return begin + R"(,"format":)" + std::to_string(*number) + R"(,"record":)" + std::string(record) + "}\n";
  return begin + R"(,"text":)" + codec::to_json(std::string(text)) + "}\n";
}

std::string trail_damaged(std::string_view key) { return R"({"damaged":)" + codec::to_json(std::string(key)) + "}\n"; }

std::string trail_end(const model::Checkpoint& end) { return R"({"end":)" + codec::to_json(end) + "}\n"; }

Status TrailReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (pending_.size() + std::min(end, bytes.size()) > longest_line) return not_ours();
    pending_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return Done{};
    bytes.remove_prefix(end + 1);
    KTN_OK(line(pending_));
    pending_.clear();
  }
  return Done{};
}

Status TrailReader::finish() {
  if (!begun_) return not_ours();
  if (!ended_ || !pending_.empty())
    return Error{Code::corrupt, "the export breaks off after record " + std::to_string(check_.at().number),
                 "make another one: kontena client audit export FILE"};
  return Done{};
}

Status TrailReader::head(std::string_view text) {
  const auto head = codec::Document::parse(text);
  if (!head || !codec::find(head->root(), "kontena_audit")) return not_ours();
  if (const auto is = codec::integer_at(head->root(), {"kontena_audit"}); is != format)
    return Error{Code::unsupported, "the export has format " + std::to_string(is) + ", this version of kontena reads " +
                                        std::to_string(format)};
  begun_ = true;
  if (authority_.empty()) authority_ = codec::string_at(head->root(), {"authority"});
  check_ = TrailCheck(authority_);
  if (const auto cut = codec::find(head->root(), "cut")) {
    KTN_TRY(const model::Checkpoint read, checkpoint_in(*cut));
    KTN_OK(check_.cut(read));
  }
  for (const model::Checkpoint& each : expected_) KTN_OK(check_.checkpoint(each));
  return Done{};
}

Status TrailReader::line(std::string_view text) {
  if (!begun_) return head(text);
  if (ended_) return not_ours();
  // The record is taken as it stands there: read and written again it might be another.
  const auto after = [&](std::string_view word) {
    const auto at = text.find(word);
    return at == std::string_view::npos ? at : at + word.size();
  };
  const auto raw = after(R"(,"record":)");
  if (text.starts_with(R"({"number":)") && raw != std::string_view::npos && text.ends_with('}')) {
    const auto frame = codec::Document::parse(std::string(text.substr(0, raw)) + "null}");
    if (!frame) return broken(check_.at().number + 1, "its line cannot be read");
    const crypto::Link said{codec::integer_at(frame->root(), {"number"}), codec::string_at(frame->root(), {"hash"})};
    const std::string record(text.substr(raw, text.size() - raw - 1));
    return check_.record(said, std::to_string(codec::integer_at(frame->root(), {"format"})) + ' ' + record);
  }
  const auto other = codec::Document::parse(text);
  if (!other) return broken(check_.at().number + 1, "its line cannot be read");
  if (const auto key = codec::string_at(other->root(), {"damaged"}); !key.empty())
    return broken(check_.at().number + 1, "'" + key + "' is damaged");
  if (codec::find(other->root(), "text"))
    return check_.record({codec::integer_at(other->root(), {"number"}), codec::string_at(other->root(), {"hash"})},
                         codec::string_at(other->root(), {"text"}));
  if (const auto found = codec::find(other->root(), "checkpoint")) {
    KTN_TRY(const model::Checkpoint checkpoint, checkpoint_in(*found));
    newest_ = checkpoint;
    return check_.checkpoint(checkpoint);
  }
  const auto end = codec::find(other->root(), "end");
  if (!end) return not_ours();
  KTN_TRY(const model::Checkpoint last, checkpoint_in(*end));
  KTN_OK(check_checkpoint(authority_, last, Signed::checkpoint));
  ended_ = true;
  newest_ = last;
  return check_.end({last.number, last.hash});
}

}  // namespace kontena::api
