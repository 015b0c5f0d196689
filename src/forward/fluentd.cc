// Fluentd's forward protocol, version 1: https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
// in MessagePack, of which it needs strings, numbers, maps, arrays and one extension.
#include "encode.h"

namespace kontena::forward {
namespace {

void add_number(std::string& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

void add_sized(std::string& to, std::string_view bytes, int small, int medium, int large) {
  const std::size_t size = bytes.size();
  if (size < 256) {
    to += static_cast<char>(small);
    add_number(to, size, 1);
  } else if (size < 65'536) {
    to += static_cast<char>(medium);
    add_number(to, size, 2);
  } else {
    to += static_cast<char>(large);
    add_number(to, size, 4);
  }
  to += bytes;
}
void add_text(std::string& to, std::string_view text) {
  if (text.size() < 32) {
    to += static_cast<char>(0xa0 | text.size());
    to += text;
  } else {
    add_sized(to, text, 0xd9, 0xda, 0xdb);
  }
}
void add_integer(std::string& to, std::uint64_t value) {
  to += static_cast<char>(0xcf);
  add_number(to, value, 8);
}

void add_entry(std::string& to, const Record& record) {
  constexpr std::uint64_t second = 1'000'000'000;
  const auto time = static_cast<std::uint64_t>(record.time_ns < 0 ? 0 : record.time_ns);
  to += static_cast<char>(0x92);
  to += static_cast<char>(0xd7);  // EventTime: an extension of 8 bytes, type 0
  to += '\0';
  add_number(to, time / second, 4);
  add_number(to, time % second, 4);
  to += static_cast<char>(0x89);
  const auto add = [&](std::string_view key, std::string_view value) { add_text(to, key), add_text(to, value); };
  add("log", record.text);
  add("stream", record.level == Level::error ? "stderr" : record.level == Level::note ? "kontena" : "stdout");
  add("grid", record.grid);
  add("project", record.project);
  add("stack", record.stack);
  add("service", record.service);
  add("instance", record.instance);
  add("node", record.node);
  add_text(to, "slot");
  add_integer(to, static_cast<std::uint64_t>(record.slot));
}

// Reads a text of MessagePack off the front.
bool take_text(std::string_view& bytes, std::string_view& text) {
  if (bytes.empty()) return false;
  const auto head = static_cast<unsigned char>(bytes[0]);
  std::size_t size = 0, skip = 1;
  if ((head & 0xe0) == 0xa0) {
    size = head & 0x1f;
  } else if ((head == 0xd9 || head == 0xc4) && bytes.size() > 1) {
    size = static_cast<unsigned char>(bytes[1]);
    skip = 2;
  } else {
    return false;
  }
  if (bytes.size() < skip + size) return false;
  text = bytes.substr(skip, size);
  bytes.remove_prefix(skip + size);
  return true;
}

}  // namespace

std::string fluentd_message(std::string_view tag, std::span<const Record> records, std::string_view chunk) {
  std::string entries;
  for (const Record& record : records) add_entry(entries, record);
  std::string message(1, static_cast<char>(0x93));
  add_text(message, tag);
  add_sized(message, entries, 0xc4, 0xc5, 0xc6);
  message += static_cast<char>(0x82);
  add_text(message, "size");
  add_integer(message, records.size());
  add_text(message, "chunk");
  add_text(message, chunk);
  return message;
}

bool is_ack(std::string_view bytes, std::string_view chunk) {
  std::string_view key, value;
  if (bytes.empty() || static_cast<unsigned char>(bytes[0]) != 0x81) return false;
  bytes.remove_prefix(1);
  return take_text(bytes, key) && take_text(bytes, value) && key == "ack" && value == chunk;
}

}  // namespace kontena::forward
