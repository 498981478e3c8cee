-- The key before the one that was made last, and the counted time until which it holds too.
ALTER TABLE tenant_info ADD COLUMN apikey_before VARCHAR(64);
ALTER TABLE tenant_info ADD COLUMN apikey_before_until BIGINT NOT NULL DEFAULT 0;
-- 1: its calls are refused; what goes on goes on.
ALTER TABLE tenant_info ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0;
