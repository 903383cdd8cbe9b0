namespace FlowerPower.Storage.Contracts.Rules;

public sealed class StoreFaultScriptTests
{
    private readonly StoreFaultScript faults = new();

    [Fact]
    public void A_fault_fires_once_at_the_step_the_call_and_the_shard_that_it_names()
    {
        faults.FailNext(StoreStep.AfterWrite, StoreOperation.Append, shard: 2);

        faults.Reached(StoreStep.BeforeWrite, StoreOperation.Append, 2);
        faults.Reached(StoreStep.AfterWrite, StoreOperation.Claim, 2);
        faults.Reached(StoreStep.AfterWrite, StoreOperation.Append, 1);
        Assert.Equal(0, faults.Fired);
        Assert.Throws<StoreUnavailableException>(() => faults.Reached(StoreStep.AfterWrite, StoreOperation.Append, 2));
        faults.Reached(StoreStep.AfterWrite, StoreOperation.Append, 2);
        Assert.Equal(1, faults.Fired);
    }

    [Fact]
    public void A_fault_may_fire_several_times_with_an_error_of_the_tests_choice()
    {
        faults.FailNext(StoreStep.BeforeRead, times: 2, error: () => new StoreCorruptException("torn"));

        Assert.Throws<StoreCorruptException>(() => faults.Reached(StoreStep.BeforeRead, StoreOperation.Read, -1));
        Assert.Throws<StoreCorruptException>(() => faults.Reached(StoreStep.BeforeRead, StoreOperation.Read, 3));
        faults.Reached(StoreStep.BeforeRead, StoreOperation.Read, 3);
        Assert.Equal(2, faults.Fired);
    }

    [Fact]
    public void What_was_cleared_does_not_fire()
    {
        faults.FailNext(StoreStep.BeforeRead, times: 5);
        faults.Clear();

        faults.Reached(StoreStep.BeforeRead, StoreOperation.Read, 0);

        Assert.Equal(0, faults.Fired);
    }
}
