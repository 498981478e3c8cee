-- What the platform is told beside the success of an operation.
ALTER TABLE operation ADD COLUMN message TEXT;
