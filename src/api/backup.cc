#include "kontena/api/backup.h"

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::codec {
template <>
struct Fields<api::BackupHead> {
  static void visit(auto& v, auto& s) {
    v("version", s.version);
    v("made_ms", s.made_ms);
    v("revision", s.revision);
    v("authority", s.authority);
  }
};
}  // namespace kontena::codec

namespace kontena::api {
namespace {

constexpr std::string_view mark = "kontena backup ";
constexpr std::string_view broken = "broken off: ";
constexpr std::size_t longest_line = 4096;
constexpr std::size_t largest_body = 256u << 20;

Error altered(const std::string& what) {
  return {Code::corrupt, "the backup is damaged: " + what, "take another one"};
}

std::optional<std::size_t> size_in(const std::string& text) {
  const auto number = text::integer(text);
  if (!number || *number < 0 || *number > static_cast<std::int64_t>(largest_body)) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

}  // namespace

std::string BackupWriter::counted(std::string piece) {
  sum_.add(piece);
  return piece;
}

std::string BackupWriter::head(const BackupHead& head) {
  return counted(std::string(mark) + std::to_string(backup_format) + '\n' + codec::to_json(head) + '\n');
}

std::string BackupWriter::file(std::string_view name, std::string_view content) {
  std::string text = "file " + std::string(name) + ' ' + std::to_string(content.size()) + '\n';
  return counted(text.append(content).append(1, '\n'));
}

std::string BackupWriter::record(std::string_view key, std::string_view value) {
  ++records_;
  std::string text = "record " + std::to_string(key.size()) + ' ' + std::to_string(value.size()) + '\n';
  return counted(text.append(key).append(value).append(1, '\n'));
}

std::string BackupWriter::blob(std::string_view name, std::int64_t size) {
  return counted("blob " + std::string(name) + ' ' + std::to_string(size) + '\n');
}

std::string BackupWriter::end() { return "end " + std::to_string(records_) + ' ' + sum_.hex() + '\n'; }

std::string BackupWriter::broken_off(std::string_view why) {
  std::string line = std::string(broken) + std::string(why.substr(0, longest_line / 2));
  for (char& c : line)
    if (c == '\n') c = ' ';
  return line + '\n';
}

Status BackupReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (at_ == At::end) return altered("something follows its end");
    if (at_ == At::body) {
      const std::size_t wanted = body_size_ + 1 - pending_.size();  // and a line end
      pending_ += bytes.substr(0, wanted);
      bytes.remove_prefix(std::min(wanted, bytes.size()));
      if (pending_.size() <= body_size_) return Done{};
      sum_.add(pending_);
      if (pending_.back() != '\n') return altered("a part is longer than it says");
      pending_.pop_back();
      at_ = At::parts;
      KTN_OK(part(pending_));
      pending_.clear();
      continue;
    }
    if (at_ == At::blob) {
      const auto size = std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(blob_left_) + 1);
      KTN_OK(blob(bytes.substr(0, size)));
      bytes.remove_prefix(size);
      continue;
    }
    const auto end = bytes.find('\n');
    pending_ += bytes.substr(0, end);
    if (pending_.size() > longest_line)
      return at_ == At::mark ? Error{Code::corrupt, "this is no backup of a kontena server"} : altered("a line has no end");
    if (end == std::string_view::npos) return Done{};
    bytes.remove_prefix(end + 1);
    const std::string text = std::exchange(pending_, {});
    KTN_OK(line(text));
  }
  return Done{};
}

// So many bytes at most as are left of it, and its line end.
Status BackupReader::blob(std::string_view bytes) {
  sum_.add(bytes);
  const auto size = std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(blob_left_));
  blob_left_ -= static_cast<std::int64_t>(size);
  if (size > 0 && sink_.bytes) KTN_OK(sink_.bytes(bytes.substr(0, size)));
  if (size == bytes.size()) return Done{};
  if (bytes[size] != '\n') return altered("a part is longer than it says");
  at_ = At::parts;
  return sink_.blob_end ? sink_.blob_end() : Done{};
}

Status BackupReader::line(std::string_view text) {
  const auto count = [&] { sum_.add(text), sum_.add("\n"); };
  if (at_ == At::mark) {
    const auto format = text.starts_with(mark) ? text::integer(text.substr(mark.size())) : std::nullopt;
    if (!format || *format < 1) return Error{Code::corrupt, "this is no backup of a kontena server"};
    if (*format > backup_format)
      return Error{Code::unsupported, "the backup has format " + std::to_string(*format) +
                                          ", this version of kontena reads up to " + std::to_string(backup_format),
                   "use the version of kontena that made it, or a newer one"};
    count();
    at_ = At::head;
    return Done{};
  }
  if (at_ == At::head) {
    const auto head = codec::from_json<BackupHead>(text);
    if (!head) return altered("its head cannot be read");
    count();
    at_ = At::parts;
    return sink_.head ? sink_.head(*head) : Done{};
  }
  if (text.starts_with(broken))
    return Error{Code::unavailable, "the backup was broken off by the server: " + std::string(text.substr(broken.size()))};
  const auto words = text::split(text, ' ');
  if (words.size() != 3) return altered("a line in it is none of ours");
  if (words[0] == "end") {
    if (words[1] != std::to_string(records_)) return altered("records are missing");
    if (words[2] != sum_.hex()) return altered("its checksum is wrong");
    at_ = At::end;
    return Done{};
  }
  if (words[0] == "blob") {
    const auto bytes = text::integer(words[2]);
    if (!bytes || *bytes < 0) return altered("a line in it is none of ours");
    count();
    blob_left_ = *bytes;
    at_ = At::blob;
    return sink_.blob ? sink_.blob(words[1], *bytes) : Done{};
  }
  const auto size = size_in(words[2]);
  const auto key_size = words[0] == "record" ? size_in(words[1]) : 0;
  if ((words[0] != "record" && words[0] != "file") || !size || !key_size || words[1].empty())
    return altered("a line in it is none of ours");
  count();
  name_ = words[0] == "file" ? words[1] : std::string();
  key_size_ = *key_size;
  body_size_ = *key_size + *size;
  at_ = At::body;
  return Done{};
}

Status BackupReader::part(std::string_view body) {
  if (!name_.empty()) return sink_.file ? sink_.file(name_, body) : Done{};
  ++records_;
  return sink_.record ? sink_.record(body.substr(0, key_size_), body.substr(key_size_)) : Done{};
}

Status BackupReader::finish() const {
  if (at_ == At::end) return Done{};
  if (at_ == At::mark) return Error{Code::corrupt, "this is no backup of a kontena server"};
  return altered("its end is missing");
}

}  // namespace kontena::api
