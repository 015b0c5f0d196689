#include "kept_read.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <queue>
#include <set>
#include <thread>
#include <tuple>

namespace kontena::logs {
namespace {

constexpr std::size_t worth_threads = 16;  // parts

// What lines are ordered by: the latest time of its part up to a line, so that a clock that was set back changes no order;
// then as they came.
struct Key {
  std::int64_t time_ns = 0;
  std::uint64_t sequence = 0;
  std::size_t part = 0;
  std::uint32_t row = 0;
  friend auto operator<=>(const Key&, const Key&) = default;
};

// A part that was read, and what of it is wanted.
struct Run {
  std::shared_ptr<const Rows> rows;
  std::vector<Key> picks;
  std::size_t at = 0;
};

Run damaged(const Part& part, std::size_t number) {
  auto rows = std::make_shared<Rows>();
  const Origin origin = part.block->head.origins.empty() ? Origin{} : part.block->head.origins.front();
  rows->add(part.first_ns, part.block->head.last_sequence, rows->origin(origin), Stream::note, false,
            "kontena: " + std::to_string(part.block->head.lines) + " lines are missing here: what was kept of them is damaged");
  return {rows, {{part.first_ns, part.block->head.last_sequence, number, 0}}};
}

bool has_literal(const std::string& text, const Selection& selection) {
  const std::string& literal = selection.pattern->literal();
  return ::memmem(text.data(), text.size(), literal.data(), literal.size()) != nullptr;
}
bool prunes(const Selection& selection) { return selection.pattern && !selection.pattern->literal().empty(); }

// Nothing: there is nothing in it. REQUIRES: a block.
Result<std::shared_ptr<Rows>> read_block(const Part& part, const Selection& selection) {
  KTN_TRY(const std::string packed, read_packed(*part.block));
  auto rows = std::make_shared<Rows>();
  KTN_OK(check_block(part.block->head, packed));
  KTN_OK(read_text(part.block->head, packed, *rows));
  if (prunes(selection) && !has_literal(rows->text, selection)) return std::shared_ptr<Rows>();
  KTN_OK(read_rows(part.block->head, packed, *rows));
  return rows;
}

class Picker {
 public:
  Picker(const Selection& selection, const Source& source, const Rows& rows, std::size_t number) : selection_(selection), rows_(rows), number_(number) {
    for (const Origin& origin : rows.origins) wanted_.push_back(selection.wants(source, origin));
  }

  std::vector<Key> picks() {
    if (prunes(selection_)) {
      // From one place that has the bytes to the next: most lines are not looked at.
      const std::string& literal = selection_.pattern->literal();
      std::size_t at = 0;
      while (at < rows_.text.size()) {
        const auto* hit = static_cast<const char*>(::memmem(rows_.text.data() + at, rows_.text.size() - at, literal.data(), literal.size()));
        if (!hit) break;
        const auto offset = static_cast<std::uint32_t>(hit - rows_.text.data());
        const auto behind = std::ranges::upper_bound(rows_.rows, offset, {}, &Row::begin);
        const auto row = static_cast<std::uint32_t>(behind - rows_.rows.begin() - 1);
        look(row);
        at = rows_.rows[row].begin + std::size_t{rows_.rows[row].size} + 1;
      }
    } else {
      for (std::uint32_t row = 0; row < rows_.rows.size(); ++row) look(row);
    }
    return std::move(picks_);
  }

 private:
  void look(std::uint32_t number) {
    for (; seen_ <= number; ++seen_) key_ = std::max(key_, rows_.rows[seen_].time_ns);
    const Row& row = rows_.rows[number];
    if (row.sequence <= selection_.after || row.sequence > selection_.up_to || !wanted_[row.origin]) return;
    if (selection_.wants(row.stream, row.time_ns, rows_.text_of(row))) picks_.push_back({key_, row.sequence, number_, number});
  }

  const Selection& selection_;
  const Rows& rows_;
  const std::size_t number_;
  std::vector<bool> wanted_;
  std::vector<Key> picks_;
  std::int64_t key_ = INT64_MIN;
  std::uint32_t seen_ = 0;
};

Run load(const Part& part, std::size_t number, const Selection& selection) {
  std::shared_ptr<const Rows> rows = part.rows;
  if (!rows) {
    auto read = read_block(part, selection);
    if (!read) return read.error().code == Code::not_found ? Run{} : damaged(part, number);
    rows = *std::move(read);
    if (!rows) return {};
  }
  return {rows, Picker(selection, *part.source, *rows, number).picks()};
}

bool may_have(const Part& part, const Selection& selection) {
  if (part.last_ns < selection.since_ns || part.first_ns >= selection.until_ns) return false;
  if (!part.block) return true;
  const BlockHead& head = part.block->head;
  if (head.last_sequence <= selection.after || head.first_sequence > selection.up_to) return false;
  return std::ranges::any_of(head.origins, [&](const Origin& origin) { return selection.wants(*part.source, origin); });
}

// Leaves out parts without the pattern's bytes, on all processors.
void prune(std::vector<Part>& parts, const Selection& selection) {
  if (!prunes(selection) || parts.size() < worth_threads) return;
  std::vector<char> keep(parts.size(), 1);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < parts.size();) {
      if (!parts[i].block) continue;
      Rows rows;
      const auto packed = read_packed(*parts[i].block);
      // What cannot be read is told of when its turn comes.
      keep[i] = !packed || !read_text(parts[i].block->head, *packed, rows) || has_literal(rows.text, selection);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < std::min(4u, std::max(1u, std::thread::hardware_concurrency())); ++i) threads.emplace_back(work);
    work();
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (keep[i]) parts[kept++] = std::move(parts[i]);
  parts.resize(kept);
}

// ---- the last ones of each slot

using Slot = std::pair<const Source*, std::int64_t>;
using Cuts = std::map<Slot, Key>;  // the first line of each that is wanted

// From the newest part back, until no older one can have any.
Cuts cuts_of(const std::vector<Part>& parts, const Selection& selection) {
  std::vector<std::size_t> order(parts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, std::greater{}, [&](std::size_t i) { return parts[i].last_ns; });
  const auto most = static_cast<std::size_t>(selection.tail);
  std::map<Slot, std::set<Key>> last;
  const auto enough = [&](const Slot& slot, std::int64_t newest_ns) {
    const auto found = last.find(slot);
    return found != last.end() && found->second.size() >= most && found->second.begin()->time_ns > newest_ns;
  };
  for (const std::size_t i : order) {
    const Part& part = parts[i];
    const auto& origins = part.block ? part.block->head.origins : part.rows->origins;
    if (std::ranges::all_of(origins, [&](const Origin& o) { return !selection.wants(*part.source, o) || enough({part.source, o.slot}, part.last_ns); })) continue;
    const Run run = load(part, i, selection);
    for (const Key& pick : run.picks) {
      auto& keys = last[{part.source, run.rows->origins[run.rows->rows[pick.row].origin].slot}];
      keys.insert(pick);
      if (keys.size() > most) keys.erase(keys.begin());
    }
  }
  Cuts cuts;
  for (const auto& [slot, keys] : last)
    if (!keys.empty()) cuts[slot] = *keys.begin();
  return cuts;
}

class Merge {
 public:
  Merge(const std::vector<Part>& parts, const Selection& selection, const Cuts* cuts) : parts_(parts), selection_(selection), cuts_(cuts), runs_(parts.size()) {
    for (std::size_t i = 0; i < parts.size(); ++i) next_.push({{parts[i].first_ns, 0, i, 0}, false});
  }

  void into(const Kept::Take& take) {
    while (!next_.empty()) {
      const Next next = next_.top();
      next_.pop();
      const std::size_t number = next.key.part;
      if (!next.opened) {
        runs_[number] = opened(number);
      } else if (!hand_out(number, take)) {
        return;
      }
      std::optional<Run>& run = runs_[number];
      if (run && run->at < run->picks.size()) next_.push({run->picks[run->at], true});
      else run.reset();
    }
  }

 private:
  struct Next {
    Key key;
    bool opened;
    friend auto operator<=>(const Next&, const Next&) = default;
  };

  std::optional<Run> opened(std::size_t number) {
    const Part& part = parts_[number];
    if (cuts_) {
      // A part with nothing of the last lines need not be read.
      const auto& origins = part.block ? part.block->head.origins : part.rows->origins;
      if (std::ranges::none_of(origins, [&](const Origin& o) {
            const auto cut = cuts_->find({part.source, o.slot});
            return cut != cuts_->end() && cut->second.time_ns <= part.last_ns;
          }))
        return std::nullopt;
    }
    Run run = load(part, number, selection_);
    if (cuts_)
      std::erase_if(run.picks, [&](const Key& pick) {
        const auto cut = cuts_->find({part.source, run.rows->origins[run.rows->rows[pick.row].origin].slot});
        return cut == cuts_->end() || pick < cut->second;
      });
    return run;
  }

  bool hand_out(std::size_t number, const Kept::Take& take) {
    Run& run = *runs_[number];
    const Row& row = run.rows->rows[run.picks[run.at++].row];
    return take({*parts_[number].source, run.rows->origins[row.origin], row.sequence, row.time_ns, row.stream, row.more, run.rows->text_of(row)});
  }

  const std::vector<Part>& parts_;
  const Selection& selection_;
  const Cuts* cuts_;
  std::vector<std::optional<Run>> runs_;
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next_;
};

}  // namespace

bool Selection::wants(const Source& source) const {
  const auto is = [&](const Of& one) { return one.stack == source.stack && (one.service.empty() || one.service == source.service); };
  return (project.empty() || source.project == project) && (of.empty() || std::ranges::any_of(of, is)) && (!may || may(source));
}

bool Selection::wants(const Source& source, const Origin& origin) const {
  if ((!instance.empty() && origin.instance != instance) || (!node.empty() && origin.node != node)) return false;
  const auto is = [&](const Of& one) {
    return one.stack == source.stack && (one.service.empty() || one.service == source.service) && (one.slot == 0 || one.slot == origin.slot);
  };
  return of.empty() || std::ranges::any_of(of, is);
}

bool Selection::wants(Stream stream, std::int64_t time_ns, std::string_view text) const {
  if (time_ns < since_ns || time_ns >= until_ns) return false;
  if ((stream == Stream::out && !out) || (stream == Stream::err && !err)) return false;
  return !pattern || pattern->matches(text);
}

Status read_parts(std::vector<Part> parts, const Selection& selection, const Kept::Take& take) {
  std::erase_if(parts, [&](const Part& part) { return !may_have(part, selection); });
  prune(parts, selection);
  Cuts cuts;
  if (selection.tail >= 0) cuts = cuts_of(parts, selection);
  Merge(parts, selection, selection.tail >= 0 ? &cuts : nullptr).into(take);
  return Done{};
}

}  // namespace kontena::logs
