#include <algorithm>

#include "kept_store.h"
#include "kontena/base/varints.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "numbered.h"

namespace kontena::logs {
namespace {

using varints::folded, varints::put, varints::step, varints::stepped, varints::unfolded;

constexpr std::size_t longest_name = 1'024;
constexpr std::size_t most_recent = 2'000;         // batches
constexpr std::size_t most_recent_bytes = 16u << 20;
constexpr std::size_t most_spools = 4;             // of a node: it has one at a time
constexpr std::size_t row_bytes = sizeof(Row);

enum Kind : std::uint64_t { is_batch, is_checkpoint };

std::size_t bytes_of(const Rows& rows) { return rows.text.size() + rows.rows.size() * row_bytes; }

std::shared_ptr<Arrived> arrived_of(const Kept::From& from, Batch batch, std::uint64_t sequence) {
  auto arrived = std::make_shared<Arrived>();
  arrived->sequence = sequence;
  arrived->node = from.node_name;
  for (const Section& section : batch.sections) {
    const auto project = from.projects.find(section.project);
    arrived->sources.push_back({project == from.projects.end() ? section.project : project->second, section.stack, section.service});
  }
  arrived->batch = std::move(batch);
  return arrived;
}

std::string record_of(const Kept::From& from, std::uint64_t sequence, std::string_view encoded) {
  std::string record;
  put(record, std::uint64_t{is_batch});
  put(record, sequence);
  put(record, from.node);
  put(record, from.node_name);
  put(record, from.projects.size());
  for (const auto& [name, kept] : from.projects) {
    put(record, name);
    put(record, kept);
  }
  record += encoded;
  return record;
}

}  // namespace

Result<std::unique_ptr<Kept>> Kept::open(Options options) {
  auto store = std::make_unique<KeptStore>(std::move(options));
  KTN_OK(store->open());
  return std::unique_ptr<Kept>(std::move(store));
}

Status KeptStore::open() {
  KTN_OK(files::make_folder(options_.folder, 0700));
  KTN_OK(files::make_folder(blocks_, 0700));
  {
    auto lock = files::Lock::take(options_.folder + "/lock");
    if (!lock) return Error{Code::failed_precondition, "another process keeps logs in '" + options_.folder + "'"};
    lock_.emplace(*std::move(lock));
  }
  // The journal says which blocks a crash may have torn, the blocks say what of the journal they have.
  std::vector<std::pair<std::uint64_t, std::string>> records;
  std::uint64_t unsure = UINT64_MAX;
  KTN_OK(journal_.open([&](std::string_view record) {
    varints::Reader from{record};
    const std::uint64_t kind = from.number(), sequence = from.number();
    if (kind == is_batch) unsure = std::min(unsure, sequence);
    sequence_ = std::max(sequence_, sequence);
    journal_.mark(sequence_);
    records.emplace_back(sequence, record);
  }));
  for (const Numbered& found : numbered_in(blocks_)) {
    next_file_ = found.number + 1;
    auto loaded = load_file(found.path, unsure);
    if (!loaded) {
      log::warn("a file of kept logs cannot be used", {{"reason", loaded.error().message}});
      continue;
    }
    Chain& chain = chains_[loaded->source];
    for (const auto& block : loaded->file.blocks) chain.in_files = std::max(chain.in_files, block->head.last_sequence);
    sequence_ = std::max(sequence_, chain.in_files);
    chain.bytes += loaded->file.bytes;
    chain.files.push_back(std::move(loaded->file));
  }
  std::size_t damaged = 0;
  for (const auto& [sequence, record] : records) damaged += !take(record);
  if (damaged > 0) log::warn("batches of the journal of kept logs are damaged", {{"batches", damaged}});
  visible_ = sequence_;
  KTN_OK(write_full({}));
  return Done{};
}

Status KeptStore::take(std::string_view record) {
  varints::Reader from{record};
  const std::uint64_t kind = from.number(), sequence = from.number();
  if (kind == is_checkpoint) {
    for (std::uint64_t nodes = from.count(1u << 20); nodes > 0 && from.good; --nodes) {
      const std::string node = from.text(longest_name);
      auto& spools = spools_[node];
      spools.clear();
      for (std::uint64_t count = from.count(most_spools); count > 0 && from.good; --count) {
        Spool& spool = spools.emplace_back();
        spool.name = from.text(longest_name);
        spool.number = from.number();
      }
    }
    return from.good ? Status(Done{}) : Error{Code::corrupt, "a checkpoint is damaged"};
  }
  From who{.node = from.text(longest_name), .node_name = from.text(longest_name)};
  for (std::uint64_t count = from.count(most_sections); count > 0 && from.good; --count) {
    const std::string name = from.text(longest_name);
    who.projects[name] = from.text(longest_name);
  }
  if (!from.good) return Error{Code::corrupt, "a batch is damaged"};
  KTN_TRY(Batch batch, decode(from.rest));
  Spool& spool = spool_of(who.node, batch.spool);
  spool.number = std::max(spool.number, batch.number);
  put_lines(*arrived_of(who, std::move(batch), sequence));
  return Done{};
}

std::string KeptStore::checkpoint() const {
  std::string record;
  put(record, std::uint64_t{is_checkpoint});
  put(record, sequence_);
  put(record, spools_.size());
  for (const auto& [node, spools] : spools_) {
    put(record, node);
    put(record, spools.size());
    for (const Spool& spool : spools) {
      put(record, spool.name);
      put(record, spool.number);
    }
  }
  return record;
}

KeptStore::Spool& KeptStore::spool_of(const std::string& node, const std::string& name) {
  auto& spools = spools_[node];
  const auto found = std::ranges::find(spools, name, &Spool::name);
  if (found != spools.end()) {
    std::rotate(found, found + 1, spools.end());
  } else {
    if (spools.size() == most_spools) spools.erase(spools.begin());
    spools.push_back({name});
  }
  return spools.back();
}

Result<std::uint64_t> KeptStore::add(const From& from, Batch batch, std::string_view encoded) {
  for (const Section& section : batch.sections)
    if (!from.projects.contains(section.project)) return Error{Code::internal, "a batch of log lines is of no known project"};
  std::uint64_t number = batch.number;
  std::uint64_t sequence = 0;
  std::vector<Source> sources;
  {
    std::lock_guard lock(mutex_);
    Spool& spool = spool_of(from.node, batch.spool);
    if (batch.number > spool.number) {
      Status kept = shed();
      if (kept) kept = journal_.append(record_of(from, sequence_ + 1, encoded), [this] { return checkpoint(); });
      if (!kept) {
        if (trouble_.empty()) log::warn("logs are not kept", {{"reason", kept.error().message}});
        trouble_ = kept.error().message;
        return std::move(kept).error();
      }
      if (!trouble_.empty()) log::info("logs are kept again");
      trouble_.clear();
      journal_.mark(++sequence_);
      spool.number = batch.number;
      const auto arrived = arrived_of(from, std::move(batch), sequence_);
      put_lines(*arrived);
      remember(arrived);
      sources = arrived->sources;
    } else {
      number = spool.number;
    }
    sequence = sequence_;
  }
  KTN_OK(journal_.sync());  // together with others that come at the same time
  std::lock_guard lock(mutex_);
  visible_ = std::max(visible_, sequence);
  arrived_.notify_all();
  // They are durable whatever becomes of this.
  if (const Status written = write_full(sources); !written && trouble_.empty()) {
    trouble_ = written.error().message;
    log::warn("kept logs cannot be moved from the journal", {{"reason", trouble_}});
  }
  return number;
}

void KeptStore::put_lines(const Arrived& arrived) {
  for (std::size_t i = 0; i < arrived.sources.size(); ++i) {
    const Section& section = arrived.batch.sections[i];
    if (section.lines.empty()) continue;
    Chain& chain = chains_[arrived.sources[i]];
    if (chain.in_files >= arrived.sequence) continue;
    if (chain.rows.rows.empty()) chain.first = arrived.sequence;
    const std::size_t before = bytes_of(chain.rows);
    const std::uint32_t origin = chain.rows.origin({section.instance, section.slot, arrived.node});
    for (const Line& line : section.lines) chain.rows.add(line.time_ns, arrived.sequence, origin, line.stream, line.more, line.text);
    in_memory_ += bytes_of(chain.rows) - before;
  }
}

void KeptStore::remember(std::shared_ptr<const Arrived> arrived) {
  const auto bytes = [](const Arrived& a) {
    std::size_t sum = 0;
    for (const Section& section : a.batch.sections)
      for (const Line& line : section.lines) sum += line.text.size() + sizeof line;
    return sum;
  };
  recent_bytes_ += bytes(*arrived);
  recent_.push_back(std::move(arrived));
  while (recent_.size() > most_recent || (recent_bytes_ > most_recent_bytes && recent_.size() > 1)) {
    recent_bytes_ -= bytes(*recent_.front());
    recent_.pop_front();
  }
}

std::uint64_t KeptStore::last(const std::string& node, const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto spools = spools_.find(node);
  if (spools == spools_.end()) return 0;
  const auto found = std::ranges::find(spools->second, name, &Spool::name);
  return found == spools->second.end() ? 0 : found->number;
}

std::uint64_t KeptStore::newest() const {
  std::lock_guard lock(mutex_);
  return visible_;
}

std::string KeptStore::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

Status KeptStore::read(const Selection& asked, const Take& take) const {
  Selection selection = asked;
  std::deque<Source> sources;  // parts point to them
  std::vector<Part> parts;
  {
    std::lock_guard lock(mutex_);
    selection.up_to = std::min(selection.up_to, visible_);
    auto chain = selection.project.empty() ? chains_.begin() : chains_.lower_bound({selection.project, "", ""});
    for (; chain != chains_.end() && (selection.project.empty() || chain->first.project == selection.project); ++chain) {
      if (!selection.wants(chain->first)) continue;
      const Source* source = &sources.emplace_back(chain->first);
      for (const BlockFile& file : chain->second.files)
        for (const auto& block : file.blocks) parts.push_back({source, block, nullptr, block->head.first_ns, block->head.last_ns});
      if (!chain->second.rows.rows.empty()) parts.push_back({source, nullptr, std::make_shared<const Rows>(chain->second.rows)});
    }
  }
  for (Part& part : parts) {
    if (part.block) continue;
    part.rows = std::make_shared<const Rows>(sorted(*part.rows));
    part.first_ns = std::ranges::min(part.rows->rows, {}, &Row::time_ns).time_ns;
    part.last_ns = std::ranges::max(part.rows->rows, {}, &Row::time_ns).time_ns;
  }
  return read_parts(std::move(parts), selection, take);
}

Kept::News KeptStore::wait(std::uint64_t after, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, limit, [&] { return stopped_ || visible_ > after; });
  News news{.stopped = stopped_};
  if (visible_ <= after) return news;
  news.missed = recent_.empty() || recent_.front()->sequence > after + 1;
  if (news.missed) return news;
  // They are numbered without gaps.
  for (std::size_t i = after + 1 - recent_.front()->sequence; i < recent_.size() && recent_[i]->sequence <= visible_; ++i) news.batches.push_back(recent_[i]);
  return news;
}

void KeptStore::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  arrived_.notify_all();
}

bool KeptStore::any_origin(const Source& source, const std::function<bool(const Origin&)>& is) const {
  const auto found = chains_.find(source);
  if (found == chains_.end()) return false;
  const auto in_block = [&](const auto& block) { return std::ranges::any_of(block->head.origins, is); };
  return std::ranges::any_of(found->second.rows.origins, is) ||
         std::ranges::any_of(found->second.files, [&](const BlockFile& file) { return std::ranges::any_of(file.blocks, in_block); });
}

bool KeptStore::knows(const Source& source, const Origin& wanted) const {
  std::lock_guard lock(mutex_);
  return any_origin(source, [&](const Origin& origin) { return origin == wanted; });
}

bool KeptStore::has_slot(const Source& source, std::int64_t slot) const {
  std::lock_guard lock(mutex_);
  return any_origin(source, [&](const Origin& origin) { return origin.slot == slot; });
}

std::map<Source, Kept::Use> KeptStore::use(const std::string& project) const {
  std::lock_guard lock(mutex_);
  std::map<Source, Use> all;
  for (auto chain = chains_.lower_bound({project, "", ""}); chain != chains_.end() && chain->first.project == project; ++chain) {
    Use& use = all[chain->first];
    use.first_ns = INT64_MAX;
    use.bytes = chain->second.bytes;
    use.files = chain->second.files.size();
    use.lines = chain->second.rows.rows.size();
    for (const Row& row : chain->second.rows.rows) use.first_ns = std::min(use.first_ns, row.time_ns);
    for (const BlockFile& file : chain->second.files)
      for (const auto& block : file.blocks) {
        use.lines += block->head.lines;
        use.first_ns = std::min(use.first_ns, block->head.first_ns);
      }
  }
  return all;
}

}  // namespace kontena::logs
